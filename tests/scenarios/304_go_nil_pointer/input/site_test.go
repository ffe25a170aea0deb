package site

import (
	"strings"
	"testing"
)

func TestTrail(t *testing.T) {
	root := &Page{Title: "Home"}
	shop := &Page{Title: "Shop", Parent: root}
	sale := &Page{Title: "Sale", Parent: shop, Hidden: true}
	tea := &Page{Title: "Tea", Parent: sale}
	if got := strings.Join(Trail(tea), " > "); got != "Home > Shop > Tea" {
		t.Fatal(got)
	}
}
