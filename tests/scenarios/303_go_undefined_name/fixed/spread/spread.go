// Package spread describes samples.
package spread

// Range returns the smallest and the largest sample.
func Range(samples []float64) (low, high float64, ok bool) {
	if len(samples) == 0 {
		return 0, 0, false
	}
	low, high = samples[0], samples[0]
	for _, sample := range samples[1:] {
		if sample < low {
			low = sample
		}
		if sample > high {
			high = sample
		}
	}
	return low, high, true
}
