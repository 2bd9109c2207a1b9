#include <sqlite3.h>

#include <vector>

#include "base/log/log.h"
#include "sim/apiserver/storage.h"

namespace stowage::sim {
namespace {

constexpr char kSchema[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "CREATE TABLE IF NOT EXISTS objects(collection TEXT, ns TEXT, name TEXT, json TEXT NOT NULL,"
    " PRIMARY KEY(collection, ns, name)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL);";

class SqliteStorage : public Storage {
 public:
  SqliteStorage(Executor& executor, sqlite3* db, std::string path)
      : executor_(executor), db_(db), path_(std::move(path)) {}

  ~SqliteStorage() override {
    *alive_ = false;
    Flush();
    for (sqlite3_stmt* s : {put_, delete_, version_}) sqlite3_finalize(s);
    sqlite3_close(db_);
  }

  Result<void> Prepare() {
    char* message = nullptr;
    if (sqlite3_exec(db_, kSchema, nullptr, nullptr, &message) != SQLITE_OK) {
      const std::string why = message ? message : sqlite3_errmsg(db_);
      sqlite3_free(message);
      return MakeError(ErrorCode::kUnavailable, "database " + path_ + ": " + why);
    }
    const auto prepare = [&](const char* sql, sqlite3_stmt** out) {
      return sqlite3_prepare_v2(db_, sql, -1, out, nullptr) == SQLITE_OK;
    };
    if (!prepare("INSERT OR REPLACE INTO objects VALUES(?,?,?,?)", &put_) ||
        !prepare("DELETE FROM objects WHERE collection=? AND ns=? AND name=?", &delete_) ||
        !prepare("INSERT OR REPLACE INTO meta VALUES('resourceVersion',?)", &version_)) {
      return MakeError(ErrorCode::kUnavailable, "database " + path_ + ": " + sqlite3_errmsg(db_));
    }
    return {};
  }

  Result<uint64_t> Load(const std::function<void(Row)>& row) override {
    sqlite3_stmt* s = nullptr;
    sqlite3_prepare_v2(db_, "SELECT collection, ns, name, json FROM objects", -1, &s, nullptr);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
      row({Text(s, 0), Text(s, 1), Text(s, 2), Text(s, 3)});
    }
    sqlite3_finalize(s);
    if (rc != SQLITE_DONE) {
      return MakeError(ErrorCode::kUnavailable, "database " + path_ + ": " + sqlite3_errmsg(db_));
    }
    uint64_t version = 0;
    sqlite3_prepare_v2(db_, "SELECT value FROM meta WHERE key='resourceVersion'", -1, &s, nullptr);
    if (sqlite3_step(s) == SQLITE_ROW) version = static_cast<uint64_t>(sqlite3_column_int64(s, 0));
    sqlite3_finalize(s);
    return version;
  }

  void Write(Row row, uint64_t version) override {
    rows_.push_back(std::move(row));
    newest_ = version;
    if (scheduled_) return;
    scheduled_ = true;
    executor_.Post([this, alive = alive_] {
      if (*alive) Flush();
    });
  }

  bool durable() const override { return true; }

  void AfterFlush(Task f) override {
    if (rows_.empty()) return f();
    waiting_.push_back(std::move(f));
  }

 private:
  static std::string Text(sqlite3_stmt* s, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, column));
    return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(s, column))) : "";
  }

  bool Run(sqlite3_stmt* s) {
    const int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc == SQLITE_DONE;
  }

  bool WriteRows() {
    if (sqlite3_exec(db_, "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) return false;
    bool ok = true;
    for (const Row& r : rows_) {
      sqlite3_stmt* s = r.json.empty() ? delete_ : put_;
      int column = 1;
      for (const std::string* text : {&r.collection, &r.ns, &r.name}) {
        sqlite3_bind_text(s, column++, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
      }
      if (!r.json.empty()) {
        sqlite3_bind_text(s, column, r.json.data(), static_cast<int>(r.json.size()), SQLITE_STATIC);
      }
      ok = Run(s) && ok;
    }
    sqlite3_bind_int64(version_, 1, static_cast<int64_t>(newest_));
    ok = Run(version_) && ok;
    if (ok && sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK) return true;
    const std::string why = sqlite3_errmsg(db_);
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    LogError("objects could not be written to the database",
             {{"database", path_}, {"error", why}, {"rows", static_cast<uint64_t>(rows_.size())}});
    return false;
  }

  // A batch that the disk refuses is kept, with those that wait for it, and tried again.
  void Flush() {
    scheduled_ = false;
    if (rows_.empty()) return;
    if (!WriteRows()) {
      if (!*alive_) return;
      scheduled_ = true;
      executor_.RunAfter(Seconds(1), [this, alive = alive_] {
        if (*alive) Flush();
      });
      return;
    }
    rows_.clear();
    std::vector<Task> run;
    run.swap(waiting_);
    if (!*alive_) return;
    for (const Task& f : run) f();
  }

  Executor& executor_;
  sqlite3* db_;
  std::string path_;
  sqlite3_stmt* put_ = nullptr;
  sqlite3_stmt* delete_ = nullptr;
  sqlite3_stmt* version_ = nullptr;
  std::vector<Row> rows_;
  std::vector<Task> waiting_;
  uint64_t newest_ = 0;
  bool scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

Result<std::unique_ptr<Storage>> OpenSqliteStorage(Executor& executor, const std::string& path) {
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) {
    const std::string why = db ? sqlite3_errmsg(db) : "out of memory";
    sqlite3_close(db);
    return MakeError(ErrorCode::kUnavailable, "database " + path + ": " + why);
  }
  auto storage = std::make_unique<SqliteStorage>(executor, db, path);
  RETURN_IF_ERROR(storage->Prepare());
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace stowage::sim
