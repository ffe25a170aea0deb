package spread

import "testing"

func TestRange(t *testing.T) {
	low, high, ok := Range([]float64{2, -1, 2})
	if low != -1 || high != 2 || !ok {
		t.Fatal(low, high, ok)
	}
}
