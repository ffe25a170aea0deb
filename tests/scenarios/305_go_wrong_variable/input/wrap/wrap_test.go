package wrap

import (
	"reflect"
	"testing"
)

func TestShort(t *testing.T) {
	if got := Lines("a b", 10); !reflect.DeepEqual(got, []string{"a b"}) {
		t.Fatal(got)
	}
}

func TestBreaks(t *testing.T) {
	got := Lines("the quick brown fox", 9)
	if !reflect.DeepEqual(got, []string{"the quick", "brown fox"}) {
		t.Fatal(got)
	}
}
