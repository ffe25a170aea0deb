package wrap

import (
	"strings"
	"testing"
)

func TestNothingIsLost(t *testing.T) {
	text := "one two three four five six seven"
	for width := 1; width < 40; width++ {
		if got := strings.Join(Lines(text, width), " "); got != text {
			t.Fatal(width, got)
		}
	}
	if len(Lines("", 5)) != 0 {
		t.Fatal("empty")
	}
}
