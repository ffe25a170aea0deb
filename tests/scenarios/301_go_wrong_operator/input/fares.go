// Package fares prices tickets.
package fares

// Ticket is what a passenger buys.
type Ticket struct {
	Age      int
	Zones    int
	Weekends bool
}

func base(zones int) int {
	if zones <= 1 {
		return 240
	}
	return 240 + (zones-1)*90
}

// Price returns cents. Children under 6 ride free; under 15 and from 65 half.
func Price(t Ticket) int {
	if t.Age < 6 {
		return 0
	}
	price := base(t.Zones)
	if t.Age < 15 || t.Age <= 65 {
		price /= 2
	}
	return price
}
