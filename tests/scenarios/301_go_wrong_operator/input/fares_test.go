package fares

import "testing"

func TestPrice(t *testing.T) {
	cases := []struct {
		age, zones, want int
	}{
		{3, 2, 0},
		{10, 1, 120},
		{30, 1, 240},
		{40, 3, 420},
		{70, 1, 120},
	}
	for _, c := range cases {
		if got := Price(Ticket{Age: c.age, Zones: c.zones}); got != c.want {
			t.Errorf("age %d, %d zones: %d, want %d", c.age, c.zones, got, c.want)
		}
	}
}
