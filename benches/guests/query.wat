;; Asks SQLite, compiled by emscripten for the web, something that keeps its parser, planner, sorter and virtual machine
;; busy. It opens a database in memory, for which SQLite calls nothing that it imports.
(module
  (import "env" "memory" (memory 0))
  (import "sqlite" "malloc" (func $malloc (param i32) (result i32)))
  (import "sqlite" "sqlite3_open" (func $open (param i32 i32) (result i32)))
  (import "sqlite" "sqlite3_prepare_v2" (func $prepare (param i32 i32 i32 i32 i32) (result i32)))
  (import "sqlite" "sqlite3_bind_int" (func $bind_int (param i32 i32 i32) (result i32)))
  (import "sqlite" "sqlite3_step" (func $step (param i32) (result i32)))
  (import "sqlite" "sqlite3_column_int" (func $column_int (param i32 i32) (result i32)))
  (import "sqlite" "sqlite3_finalize" (func $finalize (param i32) (result i32)))

  (data $name ":memory:\00")
  (data $query
    "WITH RECURSIVE numbers(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM numbers WHERE i < ?1),"
    "     words(key, word) AS (SELECT i * 7919 % 1009, hex(i) FROM numbers)"
    " SELECT sum(key * length(word)) FROM (SELECT key, word FROM words GROUP BY word ORDER BY key)\00")

  ;; What is in SQLite's memory: a cell for what it returns through a pointer, with the texts behind it.
  (global $cell (mut i32) (i32.const 0))
  (global $text (mut i32) (i32.const 0))
  (global $database (mut i32) (i32.const 0))

  (func $check (param $error i32) (if (local.get $error) (then (unreachable))))

  (func $open_database
    (global.set $cell (call $malloc (i32.const 512)))
    (global.set $text (i32.add (global.get $cell) (i32.const 4)))
    (memory.init $name (global.get $text) (i32.const 0) (i32.const 9))
    (call $check (call $open (global.get $text) (global.get $cell)))
    (global.set $database (i32.load (global.get $cell)))
    (memory.init $query (global.get $text) (i32.const 0) (i32.const 255)))

  ;; Asks it about so many rows.
  (func (export "query") (param $rows i32) (result i32)
    (local $statement i32)
    (if (i32.eqz (global.get $database)) (then (call $open_database)))
    (call $check
      (call $prepare (global.get $database) (global.get $text) (i32.const -1) (global.get $cell) (i32.const 0)))
    (local.set $statement (i32.load (global.get $cell)))
    (call $check (call $bind_int (local.get $statement) (i32.const 1) (local.get $rows)))
    ;; It is SQLITE_ROW.
    (call $check (i32.ne (call $step (local.get $statement)) (i32.const 100)))
    (call $column_int (local.get $statement) (i32.const 0))
    (call $check (call $finalize (local.get $statement)))))
