// Package report writes samples for people.
package report

import (
	"fmt"

	"example.com/stats/spread"
)

// Line is one line of a report.
func Line(name string, samples []float64) string {
	low, high, ok := spread.Range(samples)
	if !ok {
		return name + ": no samples"
	}
	return fmt.Sprintf("%s: %.1f to %.1f", name, low, high)
}
