package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// prepared gives a reader's statement, prepared once for the life of the store.
func (s *Store) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	select {
	case <-s.closing:
		return nil, ErrClosed
	default:
	}
	if st, ok := s.queries.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.readers.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if first, loaded := s.queries.LoadOrStore(query, st); loaded {
		_ = st.Close()
		return first.(*sql.Stmt), nil
	}
	return st, nil
}

// errLong is why a read was ended that held its snapshot for too long.
var errLong = errors.New("sqlite: the read took too long")

// bounded is the rows of a query that may not last for ever.
type bounded struct {
	*sql.Rows
	ctx context.Context
	end context.CancelFunc
}

func (b bounded) Err() error { return tooLong(b.ctx, b.Rows.Err()) }

func (b bounded) Close() error {
	defer b.end()
	return b.Rows.Close()
}

// boundedRow is the row of such a query.
type boundedRow struct {
	*sql.Row
	ctx context.Context
	end context.CancelFunc
}

func (b boundedRow) Scan(dest ...any) error {
	defer b.end()
	return tooLong(b.ctx, b.Row.Scan(dest...))
}

// tooLong names the reason when the store itself ended a read.
func tooLong(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errLong) {
		return errLong
	}
	return err
}

func (s *Store) query(ctx context.Context, query string, args ...any) (rowset, error) {
	ctx, end := context.WithTimeoutCause(ctx, s.most, errLong)
	st, err := s.prepared(ctx, query)
	if err != nil {
		end()
		return nil, tooLong(ctx, err)
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		defer end()
		return nil, tooLong(ctx, err)
	}
	return bounded{rows, ctx, end}, nil
}

func (s *Store) row(ctx context.Context, query string, args ...any) scanner {
	ctx, end := context.WithTimeoutCause(ctx, s.most, errLong)
	st, err := s.prepared(ctx, query)
	if err != nil {
		defer end()
		return failedRow{tooLong(ctx, err)}
	}
	return boundedRow{st.QueryRowContext(ctx, args...), ctx, end}
}
