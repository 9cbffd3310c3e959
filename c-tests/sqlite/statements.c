#include "statements.h"

#define STATEMENTS(name) const statements_t name = {name##_sql, sizeof name##_sql / sizeof *name##_sql}

// The files have small pages and the cache has few of them, so that much is written and read again.
static const char* const connecting_sql[] = {
    "PRAGMA page_size = 1024",
    "PRAGMA auto_vacuum = incremental",
    "PRAGMA cache_size = 40",
    "PRAGMA foreign_keys = on",
    "ATTACH '/other.db' AS other",
    "ATTACH ':memory:' AS scratch",
    "PRAGMA other.cache_size = 10",
    "PRAGMA foreign_key_check",
    "CREATE TABLE IF NOT EXISTS owner(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, born REAL,"
    " extra TEXT CHECK (extra IS NULL OR json_valid(extra)))",
    "CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " owner INTEGER REFERENCES owner ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,"
    " kind TEXT COLLATE backwards, price REAL, amount INTEGER CHECK (amount BETWEEN -2000 AND 2000000), note TEXT,"
    " data, total AS (price * amount) STORED, code AS (mix(kind, amount)))",
    "CREATE INDEX IF NOT EXISTS item_kind ON item(kind, price DESC)",
    "CREATE INDEX IF NOT EXISTS item_note ON item(lower(note)) WHERE amount > 10",
    "CREATE INDEX IF NOT EXISTS item_owner ON item(owner)",
    "CREATE TABLE IF NOT EXISTS link(a INTEGER, b INTEGER, weight REAL, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS audit(at TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')), what TEXT, old, new)",
    "CREATE TRIGGER IF NOT EXISTS item_amount AFTER UPDATE OF amount ON item BEGIN"
    " INSERT INTO audit(what, old, new) VALUES('amount ' || new.id, old.amount, new.amount);"
    " SELECT RAISE(ABORT, 'a product of its own') WHERE new.amount = 13 * (new.amount / 13) AND new.amount > 900; END",
    "CREATE TRIGGER IF NOT EXISTS owner_gone BEFORE DELETE ON owner WHEN old.born > 990 BEGIN"
    " SELECT RAISE(FAIL, 'too young'); END",
    "CREATE VIEW IF NOT EXISTS stock AS SELECT kind, count(*) AS items, sum(total) AS worth, max(price) AS top FROM"
    " item"
    " GROUP BY kind",
    "CREATE TRIGGER IF NOT EXISTS stock_sold INSTEAD OF DELETE ON stock BEGIN"
    " DELETE FROM item WHERE id = (SELECT min(id) FROM item WHERE kind = old.kind); END",
    "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(note, kind, tokenize = 'porter unicode61', prefix = '2')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS boxes USING rtree(id, x0, x1, y0, y1, +label)",
    "CREATE TABLE IF NOT EXISTS other.ledger(item INTEGER, change REAL, note ANY) STRICT",
    "CREATE TABLE scratch.cache(key TEXT PRIMARY KEY, value)",
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
};
STATEMENTS(connecting);

static const char* const inserting_sql[] = {
    "INSERT INTO owner(name, born, extra) VALUES(?2 || ' ' || ?1, ?3,"
    " json_object('number', ?1, 'word', ?2, 'list', json_array(?1, ?3, NULL, ?5)))",
    "INSERT INTO owner(name, born) VALUES(?2 || ' ' || (?1 % 100), ?3)"
    " ON CONFLICT(name) DO UPDATE SET born = excluded.born + 1, extra = NULL RETURNING id, name, born",
    "INSERT INTO item(owner, kind, price, amount, note, data) VALUES((SELECT id FROM owner WHERE id >= ?1 LIMIT 1), ?2,"
    " abs(?3), ?1, ?5, ?4) RETURNING id, total, code",
    "INSERT INTO item(kind, price, amount, note, data) SELECT ?2, round(?3, 2), value, ?5 || value, zeroblob(value)"
    " FROM json_each('[1, 20, 300]')",
    "INSERT OR REPLACE INTO link VALUES(?1, (?1 * 7 + length(?5)) % 1000, ?3)",
    "INSERT OR IGNORE INTO link VALUES(?1 % 50, ?1, ?3), (?1, ?1 % 50, -?3)",
    "INSERT INTO words(note, kind) VALUES(?5, ?2)",
    "INSERT OR REPLACE INTO boxes VALUES(?1, ?3, ?3 + ?1, -?3, ?1 + 1000, ?2)",
    "INSERT INTO other.ledger SELECT id, amount - ?1, ?4 FROM item WHERE id % 97 = ?1 % 97",
    "INSERT OR REPLACE INTO cache VALUES(?2 || (?1 % 200), ?4)",
    "INSERT INTO audit(what, old, new) VALUES(?5, ?4, ?3)",
};
STATEMENTS(inserting);

static const char* const changing_sql[] = {
    "UPDATE item SET price = price * 1.25 WHERE kind = ?2 AND price < 1e6",
    "UPDATE item SET amount = amount + ?1 % 17 WHERE id IN (SELECT id FROM item ORDER BY id DESC LIMIT 20)",
    "UPDATE OR IGNORE item SET amount = amount * 2 WHERE amount BETWEEN ?1 AND ?1 + 40",
    "UPDATE item SET note = replace(note, ?2, upper(?2)), data = ?4 WHERE instr(note, ?2) AND id % 5 = ?1 % 5",
    "UPDATE item SET data = CAST(note AS BLOB) || hex(randomblob(?1 % 60)) WHERE rowid % 61 = ?1 % 61",
    "UPDATE item SET owner = (SELECT max(id) FROM owner) WHERE owner IS NULL AND id % 7 = ?1 % 7",
    "UPDATE item SET price = l.weight FROM link AS l WHERE l.a = item.amount AND l.b > ?1 AND l.weight > 0",
    "UPDATE owner SET born = born + 1, extra = json_set(coalesce(extra, '{}'), '$.changed', ?3, '$.word', ?2)"
    " WHERE id % 11 = ?1 % 11",
    "UPDATE OR REPLACE owner SET name = substr(name, 1, 4) || ?2 WHERE id % 101 = ?1 % 101",
    "UPDATE owner SET id = id + 100000 WHERE id = (SELECT min(id) FROM owner) AND ?1 % 3 = 0",
    "UPDATE link SET a = b, b = a WHERE a % 37 = ?1 % 37",
    "UPDATE OR REPLACE link SET weight = -weight, b = (b + 1) % 1000 WHERE a BETWEEN ?1 AND ?1 + 30",
    "UPDATE words SET note = ?5 WHERE rowid % 31 = ?1 % 31",
    "UPDATE boxes SET x1 = x1 + 10 WHERE id BETWEEN ?1 AND ?1 + 20",
    "UPDATE ledger SET change = change + ?3 WHERE rowid % 3 = ?1 % 3",
    "UPDATE cache SET value = key || ':' || quote(value) WHERE length(quote(value)) < 500 AND key > ?2",
    "DELETE FROM owner WHERE id % 43 = ?1 % 43",
    "DELETE FROM item WHERE price > 900 AND id % 3 = ?1 % 3 RETURNING id, kind, code",
    "DELETE FROM stock WHERE items > 3 AND kind > ?2",
    "DELETE FROM link WHERE (a, b) IN (SELECT b, a FROM link WHERE a % 5 = ?1 % 5)",
    "DELETE FROM words WHERE words MATCH 'kind : \"' || ?2 || '\"' AND rowid % 2 = ?1 % 2",
    "DELETE FROM boxes WHERE x0 < ?3 AND y1 > ?1 AND id % 4 = ?1 % 4",
    "DELETE FROM ledger WHERE item NOT IN (SELECT id FROM item) AND rowid % 2 = ?1 % 2",
    "WITH old(key) AS (SELECT key FROM cache ORDER BY mix(key) LIMIT 5) DELETE FROM cache WHERE key IN old",
    "INSERT INTO item(kind, price, amount, note) SELECT kind, avg(price), count(*), group_concat(substr(note, 1, 9),"
    " '+')"
    " FROM item GROUP BY kind HAVING count(*) > ?1 % 10",
    "SAVEPOINT inner",
    "ROLLBACK TO inner",
    "RELEASE inner",
};
STATEMENTS(changing);

static const char* const querying_sql[] = {
    // Joins, groups and orders.
    "SELECT o.name, i.kind, count(*), sum(i.total), avg(i.price), min(i.note), max(length(i.data)) FROM owner AS o"
    " JOIN item AS i ON i.owner = o.id WHERE i.amount >= ?1 GROUP BY o.id, i.kind ORDER BY 4 DESC, 1, 2",
    "SELECT o.id, o.name, i.id FROM owner AS o LEFT JOIN item AS i ON i.owner = o.id AND i.price > abs(?3)"
    " ORDER BY o.name COLLATE backwards, i.id DESC LIMIT 200",
    "SELECT i.id, l.b, l.weight FROM item AS i FULL JOIN link AS l ON l.a = i.amount WHERE coalesce(l.b, ?1) >= ?1"
    " ORDER BY i.id, l.a, l.b LIMIT 500",
    "SELECT a.id, b.id FROM item AS a, item AS b USING (kind) WHERE a.price < b.price AND a.id % 19 = ?1 % 19"
    " ORDER BY a.id, b.id LIMIT 300",
    "SELECT * FROM stock WHERE worth > ?3 ORDER BY worth",
    "SELECT kind, group_concat(DISTINCT amount), count(DISTINCT owner), total(price) FROM item WHERE id > ?1 GROUP BY"
    " kind"
    " HAVING count(*) > 1",
    "SELECT DISTINCT substr(note, 1, 3) FROM item UNION SELECT upper(key) FROM cache EXCEPT SELECT ?2"
    " INTERSECT SELECT substr(note, 1, 3) FROM item ORDER BY 1 DESC",
    "SELECT kind, price FROM item ORDER BY kind COLLATE backwards, price, id LIMIT 100 OFFSET ?1 % 100",
    "SELECT quote(data), typeof(data), hex(substr(data, 2, 3)) FROM item WHERE data > ?4 ORDER BY data, id LIMIT 60",
    "SELECT count(*), sum(CAST(data AS INTEGER) & 255), sum(data IS ?4), max(data), min(data) FROM item",
    "SELECT id, EXISTS (SELECT 1 FROM link WHERE a = item.amount), (SELECT sum(weight) FROM link WHERE b = item.amount)"
    " FROM item WHERE id IN (SELECT item FROM ledger) OR kind BETWEEN ?2 AND 'w' ORDER BY id LIMIT 100",
    "SELECT l.item, l.change, i.kind, l.note FROM ledger AS l LEFT JOIN item AS i ON i.id = l.item"
    " WHERE l.change NOT NULL ORDER BY l.rowid DESC LIMIT 80",
    "SELECT key, value, rowid FROM cache WHERE key GLOB ?2 || '*' OR value LIKE '%' || ?2 || '%' ORDER BY rowid",
    "SELECT what, old, new FROM audit WHERE at <= strftime('%Y-%m-%d %H:%M:%f', 'now') ORDER BY rowid DESC LIMIT 50",
    // Windows.
    "SELECT id, kind, row_number() OVER w, rank() OVER w, sum(amount) OVER (w ROWS BETWEEN 3 PRECEDING AND 1"
    " FOLLOWING),"
    " lag(price, 2, ?3) OVER w, first_value(id) OVER w FROM item WHERE id % 3 = ?1 % 3"
    " WINDOW w AS (PARTITION BY kind ORDER BY price, id) ORDER BY id LIMIT 200",
    "SELECT id, ntile(7) OVER (ORDER BY total, id), percent_rank() OVER (ORDER BY amount), cume_dist() OVER (ORDER BY"
    " amount),"
    " nth_value(note, 2) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM item"
    " WHERE amount > ?1 ORDER BY id LIMIT 150",
    "SELECT born, count(*) FILTER (WHERE born > ?3) OVER (ORDER BY born RANGE BETWEEN 50 PRECEDING AND 50 FOLLOWING),"
    " dense_rank() OVER (ORDER BY round(born, -2)) FROM owner ORDER BY born, id",
    // Recursion.
    "WITH RECURSIVE reach(node, depth) AS (VALUES(?1, 0) UNION SELECT b, depth + 1 FROM link JOIN reach ON a = node"
    " WHERE depth < 4) SELECT depth, count(*), min(node), max(node) FROM reach GROUP BY depth",
    "WITH RECURSIVE collatz(n, steps) AS (VALUES(?1 + 1, 0) UNION ALL SELECT CASE n % 2 WHEN 0 THEN n / 2 ELSE 3 * n"
    " + 1 END,"
    " steps + 1 FROM collatz WHERE n > 1) SELECT max(n), max(steps), sum(n) FROM collatz",
    "WITH RECURSIVE x(x) AS (VALUES(-2.0) UNION ALL SELECT x + 0.1 FROM x WHERE x < 1.0), y(y) AS (VALUES(-1.0) UNION"
    " ALL"
    " SELECT y + 0.2 FROM y WHERE y < 1.0), m(n, cx, cy, x, y) AS (SELECT 0, x, y, 0.0, 0.0 FROM x, y UNION ALL"
    " SELECT n + 1, cx, cy, x * x - y * y + cx, 2.0 * x * y + cy FROM m WHERE x * x + y * y < 4.0 AND n < 12)"
    " SELECT cy, group_concat(substr(' .+*#', 1 + min(n / 3, 4), 1), '') FROM"
    " (SELECT max(n) AS n, cx, cy FROM m GROUP BY cx, cy) GROUP BY cy",
    "WITH RECURSIVE fib(i, a, b) AS (VALUES(1, 0, 1) UNION ALL SELECT i + 1, b, a + b FROM fib WHERE i < 92 + ?1 % 5)"
    " SELECT i, a, a % 9973, typeof(b) FROM fib ORDER BY i DESC LIMIT 12",
    "WITH RECURSIVE fact(i, f) AS (VALUES(1, 1.0) UNION ALL SELECT i + 1, f * i FROM fact WHERE i < 180)"
    " SELECT i, f, printf('%.17g|%e|%!.20f', f, f, 1 / f) FROM fact WHERE i % 13 = ?1 % 13",
    // Texts, numbers and times.
    "SELECT upper(?5), lower(?5), trim(?5, 'aeiou'), replace(?5, ' ', '_'), instr(?5, ?2), unicode(?2), length(?5),"
    " hex(?2),"
    " quote(?4), substr(?5, -7), ltrim(?5, ?2), char(?1 + 32, 8364, 128512), ?5 LIKE '%A%', ?5 GLOB '*[a-f]*'",
    "SELECT printf('%5d|%-8s|%+.3f|%x|%,d|%08.2f|%q|%c|%g|%o', ?1, ?2, ?3, ?1, ?1 * ?1 * 7919, ?3, ?5, ?2, ?3 * 1e15,"
    " ?1)",
    "SELECT ?3, round(?3, 1), abs(?3), sin(?3), cos(?3), atan2(?3, ?1), exp(?3 / 100), ln(abs(?3) + 1), sqrt(abs(?3)),"
    " pow(?3, 3), ceil(?3), floor(?3), trunc(?3), mod(?3, 7), log2(?1 + 1), degrees(?3), ?3 || '', CAST(?3 AS INTEGER)",
    "SELECT ?4, typeof(?4), CAST(?4 AS INTEGER), CAST(?4 AS REAL), CAST(?4 AS TEXT), CAST(?4 AS BLOB), CAST(?4 AS"
    " NUMERIC),"
    " ?4 + 1, -?4, ~?4, ?4 << 3, ?4 >> (?1 % 70), ?4 = ?2, ?4 < ?3, ?4 IS NULL, ?4 % 10, ?4 / 3, mix(?4, ?4)",
    "SELECT julianday('2024-02-29', ?1 || ' days'), date('2000-01-31', '+' || ?1 || ' months'), time(?1 * 997,"
    " 'unixepoch'),"
    " strftime('%j %W %w %s %Y', 'now', '-' || ?1 || ' hours'), unixepoch('now'), datetime(2451545.5 + ?3)",
    "SELECT abs(random() % 1000) BETWEEN 0 AND 999, length(randomblob(?1 % 50 + 1)), hex(randomblob(8)), random()",
    "SELECT zeroblob(?1) = CAST(zeroblob(?1) AS TEXT), length(zeroblob(?1 * 100)), max(?4, ?3, ?1), min(?2, ?5),"
    " nullif(?1, 5), iif(?1 % 2, ?2, ?3), coalesce(NULL, ?4, ?5), likely(?1), ?1 IN (1, ?1, NULL), glob('*', ?2)",
    "SELECT sum(mix(id, kind, price, note, data)) % 1000003 FROM item",
    // JSON.
    "SELECT o.id, j.key, j.value, j.type, j.fullkey FROM owner AS o, json_tree(o.extra) AS j WHERE o.id % 10 = ?1 % 10"
    " ORDER BY o.id, j.id",
    "SELECT json_group_array(json_object('kind', kind, 'price', price, 'note', note)) FROM item WHERE id % 50 = ?1 %"
    " 50",
    "SELECT json_group_object(name, json(extra)) FROM owner WHERE extra ->> '$.number' > ?1",
    "SELECT json_patch(json_object('a', ?1, 'b', json_array(?3, ?2)), json_object('b', NULL, 'c', ?5)),"
    " json_remove('[0,1,2,{\"x\":[3]}]', '$[3].x[0]', '$[1]'), json_quote(?5), json_extract('{\"a\":[1,2,{\"b\":9}]}',"
    " '$.a[#-1].b'), json_type(json_array(?3), '$[0]'), json_array_length(json_array(?1, ?2, ?5)), '{\"q\":5}' -> 'q'",
    // Full text search, boxes, and tables about tables.
    "SELECT rowid, highlight(words, 0, '<', '>'), snippet(words, -1, '[', ']', '...', 5), bm25(words) FROM words"
    " WHERE words MATCH '\"' || ?2 || '\" OR ' || substr('abcdefghij', 1 + ?1 % 10, 1) || '*' ORDER BY rank, rowid"
    " LIMIT 40",
    "SELECT count(*) FROM words WHERE words MATCH 'NEAR(river green, 5) OR (note : stone NOT kind : lake)'",
    "SELECT id, x0, x1, y0, y1, label FROM boxes WHERE x0 <= ?3 AND x1 >= ?3 AND y1 > ?1 ORDER BY id",
    "SELECT name, count(*), sum(payload), sum(unused), max(mx_payload) FROM dbstat GROUP BY name ORDER BY name",
    "SELECT m.name, p.name, p.type, p.pk FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS p ORDER BY 1, p.cid",
    "EXPLAIN QUERY PLAN SELECT * FROM item JOIN owner ON item.owner = owner.id WHERE kind > ?2 ORDER BY price",
    "EXPLAIN SELECT kind, max(price) FROM item WHERE id IN (SELECT item FROM ledger) GROUP BY kind ORDER BY 2",
    "VALUES(?1, ?2), (?3, ?5), (?4, NULL)",
};
STATEMENTS(querying);

static const char* const failing_sql[] = {
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT missing FROM item",
    "SELECT count(*) FROM item WHERE count(*) > ?1",
    "SELECT abs(-9223372036854775807 - 1)",
    "SELECT (SELECT id, kind FROM item)",
    "SELECT 'open",
    "SELECT sum(9223372036854775807 - ?1 + id) FROM item",
    "SELECT json('{\"a\":' || ?1)",
    "SELECT json_extract('[1]', '$[')",
    "SELECT * FROM words WHERE words MATCH '\"'",
    "SELECT ntile(0) OVER () FROM item",
    "SELECT zeroblob(2000000000)",
    "SELECT mix(*) FROM item",
    "SELECT likelihood(?1, 2)",
    "SELECT kind FROM item ORDER BY 7",
    "SELECT * FROM item NATURAL JOIN (SELECT 1 AS kind, 2 AS price) USING (kind)",
    "SELECT 1 UNION SELECT 1, 2",
    "SELECT ?1 LIKE ?2 ESCAPE ?5",
    "INSERT INTO owner(name) VALUES(NULL)",
    "INSERT INTO owner(name) SELECT name FROM owner LIMIT 1",
    "INSERT INTO owner(name, extra) VALUES(?5, '{' || ?2)",
    "INSERT INTO item(amount) VALUES(-?1 - 2001)",
    "INSERT INTO item(id) SELECT max(id) FROM item",
    "INSERT INTO item(total) VALUES(?1)",
    "INSERT INTO item(owner) VALUES(-1)",
    "INSERT INTO link SELECT a, b, 0 FROM link ORDER BY a DESC LIMIT 1",
    "INSERT INTO boxes VALUES(?1, 2, 1, 0, 0, '')",
    "INSERT INTO stock(kind) VALUES(?2)",
    "INSERT INTO ledger VALUES(1, 2)",
    "UPDATE item SET amount = 1300 + 13 * (?1 % 20) WHERE id = (SELECT min(id) FROM item)",
    "UPDATE item SET id = ?2 WHERE id = (SELECT max(id) FROM item)",
    "UPDATE link SET a = 1, b = 1",
    "DELETE FROM owner WHERE born > 980",
    "CREATE TABLE item(x)",
    "CREATE INDEX wrong ON item(missing)",
    "CREATE TABLE sqlite_own(x)",
    "CREATE TRIGGER wrong AFTER INSERT ON stock BEGIN SELECT 1; END",
    "ALTER TABLE item DROP COLUMN kind",
    "ALTER TABLE owner RENAME COLUMN name TO born",
    "DROP INDEX sqlite_autoindex_owner_1",
    "ATTACH 'file:/third.db?mode=wrong' AS third",
    "DETACH main",
    "CREATE TABLE strict(x NUMERIC) STRICT",
    "INSERT INTO ledger VALUES(1, 'a text', 2)",
    "RELEASE never",
    "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT count(*) FROM x) SELECT * FROM x",
};
STATEMENTS(failing);

// Journals stay in files: without one SQLite would not survive that the power fails.
static const char* const maintaining_sql[] = {
    "VACUUM",
    "VACUUM other",
    "PRAGMA integrity_check",
    "PRAGMA other.integrity_check",
    "PRAGMA foreign_key_check",
    "PRAGMA incremental_vacuum(20)",
    "PRAGMA journal_mode = persist",
    "PRAGMA journal_mode = truncate",
    "PRAGMA journal_mode = delete",
    "PRAGMA main.cache_size = 200",
    "PRAGMA main.cache_size = 12",
    "PRAGMA optimize",
    "ANALYZE",
    "REINDEX",
    "REINDEX backwards",
    "INSERT INTO words(words) VALUES('optimize')",
    "INSERT INTO words(words) VALUES('integrity-check')",
    "INSERT INTO words(words) VALUES('rebuild')",
    "SELECT rtreecheck('main', 'boxes')",
    "CREATE INDEX IF NOT EXISTS item_data ON item(data, amount)",
    "CREATE UNIQUE INDEX IF NOT EXISTS owner_long ON owner(name, born, extra)",
    "DROP INDEX IF EXISTS item_data",
    "DROP INDEX IF EXISTS owner_long",
    "BEGIN; ALTER TABLE audit RENAME TO log; ALTER TABLE log RENAME TO audit; COMMIT",
    "BEGIN; ALTER TABLE link ADD COLUMN extra TEXT DEFAULT 'none'; ALTER TABLE link DROP COLUMN extra; COMMIT",
    "BEGIN; ALTER TABLE owner RENAME COLUMN born TO birth; ALTER TABLE owner RENAME COLUMN birth TO born; COMMIT",
    "CREATE TABLE IF NOT EXISTS scratch.copy AS SELECT * FROM item",
    "DROP TABLE IF EXISTS scratch.copy",
    "SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count",
};
STATEMENTS(maintaining);

static const char* const trimming_sql[] = {
    "DELETE FROM item WHERE id <= (SELECT id FROM item ORDER BY id DESC LIMIT 1 OFFSET 900)",
    "DELETE FROM owner WHERE id <= (SELECT id FROM owner ORDER BY id DESC LIMIT 1 OFFSET 250) AND born <= 990",
    "DELETE FROM link WHERE a % 8 = ?1 % 8 AND (SELECT count(*) FROM link) > 900",
    "DELETE FROM audit WHERE rowid <= (SELECT rowid FROM audit ORDER BY rowid DESC LIMIT 1 OFFSET 500)",
    "DELETE FROM words WHERE rowid <= (SELECT rowid FROM words ORDER BY rowid DESC LIMIT 1 OFFSET 400)",
    "DELETE FROM ledger WHERE rowid <= (SELECT rowid FROM ledger ORDER BY rowid DESC LIMIT 1 OFFSET 400)",
    "DELETE FROM cache WHERE rowid <= (SELECT rowid FROM cache ORDER BY rowid DESC LIMIT 1 OFFSET 300)",
};
STATEMENTS(trimming);
