package catalog

import "fmt"

// Tier is a rung of the ladder. A model is bound to a tier here and nowhere
// else; everything above talks of tiers.
type Tier int

// The four tiers, cheapest first. Local runs on this machine and costs nothing.
const (
	Local Tier = iota
	Economy
	Standard
	Frontier
)

// Tiers lists the ladder from the lowest rung.
func Tiers() []Tier { return []Tier{Local, Economy, Standard, Frontier} }

var tierNames = [...]string{"local", "economy", "standard", "frontier"}

// String is the tier's name as it is written everywhere.
func (t Tier) String() string {
	if t < Local || t > Frontier {
		return fmt.Sprintf("tier(%d)", int(t))
	}
	return tierNames[t]
}

// ParseTier reads a tier's name.
func ParseTier(s string) (Tier, error) {
	for i, n := range tierNames {
		if n == s {
			return Tier(i), nil
		}
	}
	return 0, fmt.Errorf("catalog: unknown tier %q: use local, economy, standard or frontier", s)
}

// MarshalText writes the name.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the name.
func (t *Tier) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTier(string(b))
	return err
}
