package board

import "testing"

func TestOneAndThree(t *testing.T) {
	if New(1).Put("x") != 0 {
		t.Fatal("one lane")
	}
	b := New(3)
	if b.Put("x") != 0 || b.Put("y") != 1 || b.Put("z") != 2 || b.Put("w") != 0 {
		t.Fatal("three lanes")
	}
}
