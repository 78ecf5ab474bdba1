package observe

import (
	"errors"
	"strings"
	"testing"
)

func TestNoTokenReachesTheLog(t *testing.T) {
	for _, token := range []string{"xoxb-123456-abcdef", "xapp-1-A123-456", "sk-proj-abcdef123456", "gsk_abcdef123456"} {
		var b strings.Builder
		log, err := NewLog(&b, "info", false)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("call failed", "err", errors.New(`Post "https://x": `+token+` refused`), "url", "https://x?token="+token)
		log.Info("header", "value", "Bearer "+token)
		if strings.Contains(b.String(), token) || !strings.Contains(b.String(), "***") {
			t.Errorf("token in %s", b.String())
		}
	}
}

func TestUnknownLevelIsNamed(t *testing.T) {
	if _, err := NewLog(&strings.Builder{}, "loud", false); err == nil || !strings.Contains(err.Error(), "debug, info, warn or error") {
		t.Errorf("err %v", err)
	}
}
