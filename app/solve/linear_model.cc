#include "app/solve/linear_model.h"

namespace stowage::app {
namespace {

constexpr size_t kLineLength = 100;  // some readers take no lines over 255

// Words into lines that are not too long.
class Lines {
 public:
  explicit Lines(std::string& out) : out_(out) {}
  void Add(const std::string& word) {
    if (length_ + word.size() + 1 > kLineLength) End();
    out_ += " " + word;
    length_ += word.size() + 1;
  }
  void End() {
    if (length_ > 0) out_ += "\n";
    length_ = 0;
  }

 private:
  std::string& out_;
  size_t length_ = 0;
};

// "+ 3 x_1_2"
std::string Term(int64_t factor, const std::string& name) {
  std::string out = factor < 0 ? "- " : "+ ";
  const int64_t size = factor < 0 ? -factor : factor;
  if (size != 1) out += std::to_string(size) + " ";
  return out + name;
}

void AddTerms(Lines& lines, const LinearModel& model, const LinearModel::Row& row) {
  for (const LinearModel::Entry& e : row.entries) {
    lines.Add(Term(e.factor, model.columns[e.column].name));
  }
  // A row needs a term, even where nothing can be chosen.
  if (row.entries.empty()) lines.Add("0 " + model.columns.front().name);
}

}  // namespace

Result<void> CheckSize(__int128 numbers) {
  if (numbers <= LinearModel::kMostNumbers) return {};
  return MakeError(ErrorCode::kInvalid, "--export: the model has more than " +
                                            std::to_string(LinearModel::kMostNumbers) +
                                            " numbers; export a smaller problem");
}

std::string WriteLp(const LinearModel& model) {
  std::string out;
  for (const std::string& line : model.comments) out += "\\ " + line + "\n";
  out += "Minimize\n";
  Lines lines(out);
  lines.Add("cost:");
  bool any = false;
  for (const LinearModel::Column& c : model.columns) {
    if (c.cost != 0) lines.Add(Term(c.cost, c.name));
    any = any || c.cost != 0;
  }
  if (!any) lines.Add("0 " + model.columns.front().name);
  lines.End();
  out += "Subject To\n";
  for (const LinearModel::Row& row : model.rows) {
    lines.Add(row.name + ":");
    AddTerms(lines, model, row);
    lines.Add((row.sense == LinearModel::Sense::kEqual ? "= " : "<= ") + std::to_string(row.right));
    lines.End();
  }
  out += "Bounds\n";
  for (const LinearModel::Column& c : model.columns) {
    out += " 0 <= " + c.name + " <= " + std::to_string(c.upper) + "\n";
  }
  out += "Generals\n";
  for (const LinearModel::Column& c : model.columns) lines.Add(c.name);
  lines.End();
  return out + "End\n";
}

std::string WriteMps(const LinearModel& model) {
  struct Cell {
    size_t row;
    int64_t factor;
  };
  std::vector<std::vector<Cell>> cells(model.columns.size());
  std::string out;
  for (const std::string& line : model.comments) out += "* " + line + "\n";
  out += "NAME stowage FREE\nROWS\n N cost\n";
  for (size_t r = 0; r < model.rows.size(); ++r) {
    const LinearModel::Row& row = model.rows[r];
    out += (row.sense == LinearModel::Sense::kEqual ? " E " : " L ") + row.name + "\n";
    for (const LinearModel::Entry& e : row.entries) cells[e.column].push_back({r, e.factor});
  }
  out += "COLUMNS\n MARKER 'MARKER' 'INTORG'\n";
  for (size_t c = 0; c < model.columns.size(); ++c) {
    const LinearModel::Column& column = model.columns[c];
    out += " " + column.name + " cost " + std::to_string(column.cost) + "\n";
    for (const Cell& cell : cells[c]) {
      out += " " + column.name + " " + model.rows[cell.row].name + " " +
             std::to_string(cell.factor) + "\n";
    }
  }
  out += " MARKER 'MARKER' 'INTEND'\nRHS\n";
  for (const LinearModel::Row& row : model.rows) {
    if (row.right != 0) out += " right " + row.name + " " + std::to_string(row.right) + "\n";
  }
  out += "BOUNDS\n";
  for (const LinearModel::Column& c : model.columns) {
    out += " UP bound " + c.name + " " + std::to_string(c.upper) + "\n";
  }
  return out + "ENDATA\n";
}

}  // namespace stowage::app
