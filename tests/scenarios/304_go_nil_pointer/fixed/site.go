// Package site builds breadcrumbs.
package site

// Page is a page with an optional parent.
type Page struct {
	Title  string
	Hidden bool
	Parent *Page
}

// Trail returns the titles from the root down, leaving hidden pages out.
func Trail(page *Page) []string {
	var titles []string
	for page != nil && (page.Parent != nil || page.Title != "") {
		if !page.Hidden {
			titles = append([]string{page.Title}, titles...)
		}
		page = page.Parent
	}
	return titles
}
