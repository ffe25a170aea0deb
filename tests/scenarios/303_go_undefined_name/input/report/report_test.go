package report

import "testing"

func TestLine(t *testing.T) {
	if got := Line("wind", []float64{3, 9.5, 1}); got != "wind: 1.0 to 9.5" {
		t.Fatal(got)
	}
	if got := Line("rain", nil); got != "rain: no samples" {
		t.Fatal(got)
	}
}
