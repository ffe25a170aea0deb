package board

import "testing"

func TestCardsAreSpread(t *testing.T) {
	b := New(2)
	for _, card := range []string{"a", "b", "c"} {
		b.Put(card)
	}
	if b.Lane(0) != "a,c" || b.Lane(1) != "b" {
		t.Fatalf("%q %q", b.Lane(0), b.Lane(1))
	}
}
