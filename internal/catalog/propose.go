package catalog

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Propose turns a list into an overlay for a person to read and put into the
// policy: new prices of models the catalog has, where the list differs from
// what is in force at the instant and the difference is not a known old or
// withdrawn price; and the models named in add, on the tiers given there. A
// model of a provider the catalog does not know, or an id the list does not
// have exactly, is an error. Nothing is applied.
func (c *Catalog) Propose(l Listing, at time.Time, add map[string]Tier) (Overlay, error) {
	o := Overlay{Name: l.Name}
	if !slices.ContainsFunc(c.ids, func(id string) bool { _, there := l.Rows[id]; return there }) {
		return Overlay{}, fmt.Errorf("%w: %s has none of the catalog's models: is it another kind of file?", ErrOverlay, l.Name)
	}
	for _, m := range c.Models() {
		if c.providers[m.Provider].Engine != EngineOpenAI {
			continue
		}
		for _, p := range l.Rows[m.ID].Prices {
			mine, known := PriceAt(m, p.Service, at)
			if known && (agree(mine, p) || isOneOf(p, m.Prices)) || isOneOf(p, c.withdrawn[m.ID]) {
				continue
			}
			o.Prices = append(o.Prices, p.row(m.ID))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(add)) {
		row, err := c.proposeModel(l, id, add[id])
		if err != nil {
			return Overlay{}, err
		}
		o.Models = append(o.Models, row)
	}
	return o, nil
}

func (c *Catalog) proposeModel(l Listing, id string, tier Tier) (ModelRow, error) {
	row, ok := l.Rows[id]
	if !ok {
		return ModelRow{}, fmt.Errorf("%w: %s has no model with exactly the id %q", ErrOverlay, l.Name, id)
	}
	if _, ok := c.providers[row.Provider]; !ok {
		return ModelRow{}, fmt.Errorf("%w: %q: add its provider %q to the policy first", ErrOverlay, id, row.Provider)
	}
	if _, ok := c.models[id]; ok {
		return ModelRow{}, fmt.Errorf("%w: %q is in the catalog already", ErrOverlay, id)
	}
	if row.Context <= 0 || row.MaxOutput <= 0 {
		return ModelRow{}, fmt.Errorf("%w: %s does not give the limits of %q: add it to the policy by hand", ErrOverlay, l.Name, id)
	}
	abilities := slices.Clone(row.Abilities)
	if !CarriesFiles(c.providers[row.Provider].Profile) { // lists mean the vendor's own wire
		abilities = slices.DeleteFunc(abilities, func(a Ability) bool { return a == Files })
	}
	m := ModelRow{
		ID: id, Provider: row.Provider, Wire: row.Wire, Tier: tier.String(), Context: row.Context,
		MaxOutput: min(row.MaxOutput, row.Context), Abilities: abilities, Family: "bytes", Status: row.Status,
		Deprecated: row.Deprecated, Source: l.Name, Verified: l.Read,
	}
	for _, p := range row.Prices {
		r := p.row("")
		m.Prices = append(m.Prices, r)
	}
	return m, nil
}
