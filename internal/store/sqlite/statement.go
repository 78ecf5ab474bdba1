package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// statement is a prepared statement of the writing connection. It is used
// below database/sql: one goroutine owns that connection, so the locks and
// copies by which database/sql lets many share one would be paid for nothing
// at every row. It lives as long as the connection does.
type statement struct {
	driver.Stmt
	args []driver.NamedValue // bound anew each time; the driver keeps none of them
}

// stmtConn is what the driver's connection must be able to do.
type stmtConn interface {
	driver.Conn
	driver.ConnPrepareContext
}

func prepareOn(conn stmtConn, query string) (*statement, error) {
	s, err := conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	return &statement{Stmt: s}, nil
}

// exec runs the statement to its end and tells how many rows it touched.
func (s *statement) exec(args []any) (touched int64, err error) {
	if err := s.bind(args); err != nil {
		return 0, err
	}
	r, err := s.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// open runs the statement up to its first row.
func (s *statement) open(args []any) (*cursor, error) {
	if err := s.bind(args); err != nil {
		return nil, err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), s.args)
	if err != nil {
		return nil, err
	}
	return &cursor{rows: rows, row: make([]driver.Value, len(rows.Columns()))}, nil
}

// bind turns arguments into what the driver takes.
func (s *statement) bind(args []any) error {
	for len(s.args) < len(args) {
		s.args = append(s.args, driver.NamedValue{Ordinal: len(s.args) + 1})
	}
	s.args = s.args[:len(args)]
	for i, a := range args {
		switch v := a.(type) {
		case int64, string, []byte, nil:
			s.args[i].Value = v
		default:
			v, err := driver.DefaultParameterConverter.ConvertValue(a)
			if err != nil {
				return fmt.Errorf("argument %d: %w", i+1, err)
			}
			s.args[i].Value = v
		}
	}
	return nil
}

// cursor is the rows of a statement, in the manner of sql.Rows. The statement
// may not run again before it is closed.
type cursor struct {
	rows driver.Rows
	row  []driver.Value
	err  error
}

func (c *cursor) Next() bool {
	if err := c.rows.Next(c.row); err != nil {
		if !errors.Is(err, io.EOF) {
			c.err = err
		}
		return false
	}
	return true
}

func (c *cursor) Scan(dest ...any) error {
	if len(dest) != len(c.row) {
		return fmt.Errorf("%d columns for %d places", len(c.row), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, c.row[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func (c *cursor) Err() error   { return c.err }
func (c *cursor) Close() error { return c.rows.Close() }

// only is the one row of a statement. Scanning it closes the statement;
// sql.ErrNoRows says that there was none.
type only struct{ *cursor }

func (o only) Scan(dest ...any) error {
	err := sql.ErrNoRows
	if o.Next() {
		err = o.cursor.Scan(dest...)
	} else if o.err != nil {
		err = o.err
	}
	if closed := o.Close(); err == nil {
		err = closed
	}
	return err
}

// assign puts a column into a place of the same sort: an integer, a text, a
// truth or bytes. Only bytes may be NULL.
func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *[]byte:
		switch v := v.(type) {
		case nil:
			*d = nil
		case []byte:
			*d = v
		case string:
			*d = []byte(v)
		default:
			return fmt.Errorf("%T for bytes", v)
		}
		return nil
	case *bool:
		n, ok := v.(int64)
		if *d = n != 0; !ok {
			return fmt.Errorf("%T for a truth", v)
		}
		return nil
	}
	to := reflect.ValueOf(dest).Elem()
	switch v := v.(type) {
	case int64:
		if to.CanInt() && !to.OverflowInt(v) {
			to.SetInt(v)
			return nil
		}
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return nil
		}
	}
	return fmt.Errorf("%T for %s", v, to.Type())
}
