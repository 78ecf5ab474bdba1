package storetest

func queueTests() []scenario  { return nil }
func laneTests() []scenario   { return nil }
func outboxTests() []scenario { return nil }
func holdTests() []scenario   { return nil }
func settleTests() []scenario { return nil }
func closeTests() []scenario  { return nil }
func bookTests() []scenario   { return nil }
func recordTests() []scenario { return nil }
func onceTests() []scenario   { return nil }
