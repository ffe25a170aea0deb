package site

import "testing"

func TestRootAndUntitled(t *testing.T) {
	if got := Trail(&Page{Title: "Home"}); len(got) != 1 {
		t.Fatal(got)
	}
	if got := Trail(&Page{Title: "Home", Hidden: true}); len(got) != 0 {
		t.Fatal(got)
	}
}
