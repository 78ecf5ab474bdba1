package consoletest_test

import (
	"testing"

	"github.com/tierwise/tierwise/bots/console/consoletest"
)

func TestScrubNumbersIdsInTheirOrder(t *testing.T) {
	in := "see http://chat.localhost/kestrel/incidents/mi2x9k3fa, job 01JX5Z7Q4N8W2V6T0R9P3M1K5H, then mi2x9k3fa; reference: r-7kq2xj4m; messaging stays"
	want := "see http://chat.localhost/kestrel/incidents/id-1, job id-2, then id-1; reference: id-3; messaging stays"
	if got := consoletest.Scrub(in); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
