package migrate

import (
	"context"
	"errors"

	"github.com/tierwise/tierwise/internal/record"
)

// readOnly lets an archive read the source and keeps it from writing there.
type readOnly struct{ Source }

var errReadOnly = errors.New("migrate: the source is not written to")

// Write implements usage.Records.
func (readOnly) Write(context.Context, string, ...record.Write) error { return errReadOnly }
