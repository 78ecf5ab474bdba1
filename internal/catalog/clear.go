package catalog

// Clear gives the models that can be used now, each with its clearance: what
// the router may choose from. has tells whether the operator has set the key of
// that environment name. The rules: what runs on this machine is cleared for
// restricted, a key the operator set clears its provider's models for internal,
// and anything else needs an explicit decision, which stands above the rules in
// both directions. Simulated models are never among them; see Demo.
func (c *Catalog) Clear(has func(keyEnv string) bool) []Model {
	var out []Model
	for _, m := range c.Models() {
		p := c.providers[m.Provider]
		if p.Engine == EngineDemo || p.KeyEnv != "" && !p.Loopback && !has(p.KeyEnv) {
			continue
		}
		m.Clearance = c.clearance(m, p)
		out = append(out, m)
	}
	return out
}

// Demo gives the simulated models with the built-in ones below them: the whole
// ladder of the demo workspace. Nothing of it leaves this machine.
func (c *Catalog) Demo() []Model {
	var out []Model
	for _, m := range c.Models() {
		if e := c.providers[m.Provider].Engine; e == EngineDemo || e == EngineLocal {
			m.Clearance = Restricted
			out = append(out, m)
		}
	}
	return out
}

func (c *Catalog) clearance(m Model, p Provider) Class {
	class := Public
	switch {
	case p.Loopback:
		class = Restricted
	case p.KeyEnv != "":
		class = Internal
	}
	byModel := false
	for _, d := range c.decisions {
		switch {
		case d.Model == m.ID:
			class, byModel = d.Class, true
		case d.Provider == p.ID && d.Provider != "" && !byModel:
			class = d.Class
		}
	}
	return class
}

// Decisions lists the explicit clearance decisions in the order they were laid.
func (c *Catalog) Decisions() []ClearanceRow { return append([]ClearanceRow(nil), c.decisions...) }
