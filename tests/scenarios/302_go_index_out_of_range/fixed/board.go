// Package board draws progress boards.
package board

import "strings"

// Board has one lane per worker.
type Board struct {
	lanes [][]string
}

// New makes a board with n empty lanes.
func New(n int) *Board {
	return &Board{lanes: make([][]string, n)}
}

// Put adds a card to the shortest lane and returns its number.
func (b *Board) Put(card string) int {
	at := b.shortest()
	b.lanes[at] = append(b.lanes[at], card)
	return at
}

func (b *Board) shortest() int {
	best := 0
	for i := 1; i < len(b.lanes); i++ {
		if len(b.lanes[i]) < len(b.lanes[best]) {
			best = i
		}
	}
	return best
}

// Lane shows the cards of one lane.
func (b *Board) Lane(n int) string {
	return strings.Join(b.lanes[n], ",")
}
