package fares

import "testing"

func TestBorders(t *testing.T) {
	for age, want := range map[int]int{5: 0, 6: 120, 14: 120, 15: 240, 64: 240, 65: 120} {
		if got := Price(Ticket{Age: age, Zones: 1}); got != want {
			t.Errorf("age %d: %d, want %d", age, got, want)
		}
	}
}
