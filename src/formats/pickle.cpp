#include "formats/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/byte_reader.h"
#include "formats/pickle_globals.h"

namespace hearth::formats {
namespace {

// Far beyond any model: a tensor takes about 16 values and 200 bytes.
constexpr std::size_t kMaxPickleBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxValues = std::size_t{1} << 22;
constexpr std::size_t kMaxTensors = std::size_t{1} << 20;
constexpr std::size_t kMaxItems = std::size_t{1} << 23;  // of all tuples, lists and dictionaries
constexpr std::size_t kMaxStack = std::size_t{1} << 20;
constexpr std::size_t kMaxDims = 8;
constexpr std::size_t kMaxGlobalBytes = 256;

std::unexpected<Error> corrupt(std::string message) {
  return fail(ErrorCode::kCorruptFile, std::move(message));
}

std::unexpected<Error> unsupported(std::string message) {
  return fail(ErrorCode::kUnsupported, std::move(message));
}

}  // namespace

class PickleMachine {
 public:
  explicit PickleMachine(std::span<const std::byte> bytes)
      : bytes_(bytes.first(std::min(bytes.size(), kMaxPickleBytes))), reader_(bytes_) {}

  Result<PickleDocument> run();

 private:
  using Value = PickleDocument::Value;
  using Run = Status (PickleMachine::*)();
  using Table = std::array<Run, 256>;

  static constexpr Table make_table();

  // The stack. Below a mark nothing may be taken before the mark is.
  Status push(PickleId id);
  Status push_value(const Value& value);
  Status push_container(PickleKind kind, std::vector<PickleId> items);
  Result<PickleId> pop(std::string_view what);
  Result<PickleId> top(std::string_view what) const;
  Result<std::vector<PickleId>> pop_to_mark();
  Status count_items(std::size_t n);
  bool is_empty() const { return stack_.size() == (marks_.empty() ? 0 : marks_.back()); }

  Status push_text(std::uint64_t n_bytes);
  Status push_tuple(std::size_t n);
  Status push_global(std::string_view module, std::string_view name);
  Status remember(std::uint32_t slot);
  Status recall(std::uint32_t slot);
  Result<std::string_view> read_line(std::string_view what);
  // `id` where it is of that kind.
  Result<PickleId> expect(PickleId id, PickleKind kind, std::string_view what) const;
  Result<std::vector<std::int64_t>> integers_of(PickleId id, std::string_view what) const;
  Status add_items(PickleKind kind, const std::vector<PickleId>& items);
  Status call(const PickleGlobal& function, PickleId arguments);
  Status rebuild_tensor(const std::vector<PickleId>& arguments);
  Status make_ordered_dict(const std::vector<PickleId>& arguments);

  Status op_proto();
  Status op_frame();
  Status op_mark();
  Status op_none() { return push_value({.kind = PickleKind::kNone}); }
  Status op_true() { return push_value({.kind = PickleKind::kBoolean, .number = 1}); }
  Status op_false() { return push_value({.kind = PickleKind::kBoolean, .number = 0}); }
  Status op_binint();
  Status op_binint1();
  Status op_binint2();
  Status op_long1();
  Status op_binfloat();
  Status op_binunicode();
  Status op_short_binunicode();
  Status op_empty_dict() { return push_container(PickleKind::kDict, {}); }
  Status op_empty_list() { return push_container(PickleKind::kList, {}); }
  Status op_empty_tuple() { return push_container(PickleKind::kTuple, {}); }
  Status op_tuple();
  Status op_tuple1() { return push_tuple(1); }
  Status op_tuple2() { return push_tuple(2); }
  Status op_tuple3() { return push_tuple(3); }
  Status op_append();
  Status op_appends();
  Status op_setitem();
  Status op_setitems();
  Status op_binput();
  Status op_long_binput();
  Status op_memoize() { return remember(static_cast<std::uint32_t>(memo_.size())); }
  Status op_binget();
  Status op_long_binget();
  Status op_global();
  Status op_stack_global();
  Status op_binpersid();
  Status op_reduce();
  Status op_build();
  Status op_stop();

  std::span<const std::byte> bytes_;
  base::ByteReader reader_;
  PickleDocument document_;
  std::vector<PickleId> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleId> memo_;
  std::size_t n_items_ = 0;
  bool is_done_ = false;
};

constexpr PickleMachine::Table PickleMachine::make_table() {
  Table table{};
  table[0x80] = &PickleMachine::op_proto;
  table[0x95] = &PickleMachine::op_frame;
  table['('] = &PickleMachine::op_mark;
  table['N'] = &PickleMachine::op_none;
  table[0x88] = &PickleMachine::op_true;
  table[0x89] = &PickleMachine::op_false;
  table['J'] = &PickleMachine::op_binint;
  table['K'] = &PickleMachine::op_binint1;
  table['M'] = &PickleMachine::op_binint2;
  table[0x8a] = &PickleMachine::op_long1;
  table['G'] = &PickleMachine::op_binfloat;
  table['X'] = &PickleMachine::op_binunicode;
  table[0x8c] = &PickleMachine::op_short_binunicode;
  table['}'] = &PickleMachine::op_empty_dict;
  table[']'] = &PickleMachine::op_empty_list;
  table[')'] = &PickleMachine::op_empty_tuple;
  table['t'] = &PickleMachine::op_tuple;
  table[0x85] = &PickleMachine::op_tuple1;
  table[0x86] = &PickleMachine::op_tuple2;
  table[0x87] = &PickleMachine::op_tuple3;
  table['a'] = &PickleMachine::op_append;
  table['e'] = &PickleMachine::op_appends;
  table['s'] = &PickleMachine::op_setitem;
  table['u'] = &PickleMachine::op_setitems;
  table['q'] = &PickleMachine::op_binput;
  table['r'] = &PickleMachine::op_long_binput;
  table[0x94] = &PickleMachine::op_memoize;
  table['h'] = &PickleMachine::op_binget;
  table['j'] = &PickleMachine::op_long_binget;
  table['c'] = &PickleMachine::op_global;
  table[0x93] = &PickleMachine::op_stack_global;
  table['Q'] = &PickleMachine::op_binpersid;
  table['R'] = &PickleMachine::op_reduce;
  table['b'] = &PickleMachine::op_build;
  table['.'] = &PickleMachine::op_stop;
  return table;
}

Result<PickleDocument> PickleMachine::run() {
  static constexpr Table kTable = make_table();
  while (!is_done_) {
    const std::size_t offset = reader_.offset();
    HEARTH_TRY(const auto opcode, reader_.read<std::uint8_t>("the next opcode of the pickle"));
    const Run run = kTable[opcode];
    if (run == nullptr) {
      return unsupported(
          fmt::format("at byte {} of the pickle: the opcode 0x{:02x} is not one that weights need", offset, opcode));
    }
    if (auto status = (this->*run)(); !status) {
      return base::fail_at(fmt::format("at byte {} of the pickle", offset), std::move(status).error());
    }
  }
  document_.n_bytes_ = reader_.offset();
  return std::move(document_);
}

Status PickleMachine::push(PickleId id) {
  if (stack_.size() >= kMaxStack) {
    return corrupt(fmt::format("more than {} values are on the stack", kMaxStack));
  }
  stack_.push_back(id);
  return {};
}

Status PickleMachine::push_value(const Value& value) {
  if (document_.values_.size() >= kMaxValues) {
    return corrupt(fmt::format("the pickle has more than {} values", kMaxValues));
  }
  document_.values_.push_back(value);
  return push(static_cast<PickleId>(document_.values_.size() - 1));
}

// Few bytes may ask for a long list again and again.
Status PickleMachine::count_items(std::size_t n) {
  n_items_ += n;
  if (n_items_ > kMaxItems) {
    return corrupt(fmt::format("the pickle has more than {} items in its lists", kMaxItems));
  }
  return {};
}

Status PickleMachine::push_container(PickleKind kind, std::vector<PickleId> items) {
  HEARTH_TRY_VOID(count_items(items.size()));
  document_.containers_.push_back(std::move(items));
  return push_value({.kind = kind, .index = static_cast<std::uint32_t>(document_.containers_.size() - 1)});
}

Result<PickleId> PickleMachine::top(std::string_view what) const {
  if (is_empty()) {
    return corrupt(fmt::format("{} is missing on the stack", what));
  }
  return stack_.back();
}

Result<PickleId> PickleMachine::pop(std::string_view what) {
  HEARTH_TRY(const PickleId id, top(what));
  stack_.pop_back();
  return id;
}

Result<std::vector<PickleId>> PickleMachine::pop_to_mark() {
  if (marks_.empty()) {
    return corrupt("a mark is missing on the stack");
  }
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleId> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

Result<PickleId> PickleMachine::expect(PickleId id, PickleKind kind, std::string_view what) const {
  if (document_.kind(id) != kind) {
    return corrupt(fmt::format("{} is of the wrong type", what));
  }
  return id;
}

Result<std::vector<std::int64_t>> PickleMachine::integers_of(PickleId id, std::string_view what) const {
  HEARTH_TRY_VOID(expect(id, PickleKind::kTuple, what));
  const auto& items = document_.items(id);
  if (items.size() > kMaxDims) {
    return corrupt(fmt::format("{} has {} dimensions", what, items.size()));
  }
  std::vector<std::int64_t> integers;
  for (const PickleId item : items) {
    HEARTH_TRY_VOID(expect(item, PickleKind::kInteger, what));
    integers.push_back(document_.integer(item));
  }
  return integers;
}

Status PickleMachine::op_proto() {
  HEARTH_TRY(const auto version, reader_.read<std::uint8_t>("the protocol"));
  if (version < 2 || version > 5) {
    return unsupported(fmt::format("the pickle protocols 2 to 5 are read, found {}", version));
  }
  return {};
}

Status PickleMachine::op_frame() {
  HEARTH_TRY(const auto n_bytes, reader_.read<std::uint64_t>("the length of a frame"));
  if (n_bytes > reader_.remaining()) {
    return corrupt(fmt::format("a frame of {} bytes, but only {} are left", n_bytes, reader_.remaining()));
  }
  return {};
}

Status PickleMachine::op_mark() {
  if (marks_.size() >= kMaxStack) {
    return corrupt(fmt::format("more than {} marks are on the stack", kMaxStack));
  }
  marks_.push_back(stack_.size());
  return {};
}

Status PickleMachine::op_binint() {
  HEARTH_TRY(const auto value, reader_.read<std::int32_t>("an integer"));
  return push_value({.kind = PickleKind::kInteger, .number = value});
}

Status PickleMachine::op_binint1() {
  HEARTH_TRY(const auto value, reader_.read<std::uint8_t>("an integer"));
  return push_value({.kind = PickleKind::kInteger, .number = value});
}

Status PickleMachine::op_binint2() {
  HEARTH_TRY(const auto value, reader_.read<std::uint16_t>("an integer"));
  return push_value({.kind = PickleKind::kInteger, .number = value});
}

// Two's complement of any length, lowest byte first.
Status PickleMachine::op_long1() {
  HEARTH_TRY(const auto n_bytes, reader_.read<std::uint8_t>("the length of an integer"));
  HEARTH_TRY(const auto digits, reader_.take_text(n_bytes, "an integer"));
  if (n_bytes > sizeof(std::int64_t)) {
    return push_value({.kind = PickleKind::kBigInteger, .text = digits});
  }
  const bool is_negative = n_bytes > 0 && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
  std::uint64_t value = is_negative ? ~std::uint64_t{0} : 0;
  std::memcpy(&value, digits.data(), n_bytes);
  return push_value({.kind = PickleKind::kInteger, .number = static_cast<std::int64_t>(value)});
}

// No number of a pickle is needed, so its value is not kept.
Status PickleMachine::op_binfloat() {
  HEARTH_TRY_VOID(reader_.skip(sizeof(double), "a number"));
  return push_value({.kind = PickleKind::kNumber});
}

Status PickleMachine::push_text(std::uint64_t n_bytes) {
  HEARTH_TRY(const auto text, reader_.take_text(n_bytes, "a text"));
  return push_value({.kind = PickleKind::kText, .text = text});
}

Status PickleMachine::op_binunicode() {
  HEARTH_TRY(const auto n_bytes, reader_.read<std::uint32_t>("the length of a text"));
  return push_text(n_bytes);
}

Status PickleMachine::op_short_binunicode() {
  HEARTH_TRY(const auto n_bytes, reader_.read<std::uint8_t>("the length of a text"));
  return push_text(n_bytes);
}

Status PickleMachine::op_tuple() {
  HEARTH_TRY(auto items, pop_to_mark());
  return push_container(PickleKind::kTuple, std::move(items));
}

Status PickleMachine::push_tuple(std::size_t n) {
  std::vector<PickleId> items(n);
  while (n > 0) {
    HEARTH_TRY(items[--n], pop("an item of a tuple"));
  }
  return push_container(PickleKind::kTuple, std::move(items));
}

// Appends to the list or dictionary on top of the stack.
Status PickleMachine::add_items(PickleKind kind, const std::vector<PickleId>& items) {
  HEARTH_TRY(const PickleId id, top("a list or dictionary"));
  HEARTH_TRY_VOID(expect(id, kind, kind == PickleKind::kList ? "the list" : "the dictionary"));
  if (kind == PickleKind::kDict && items.size() % 2 != 0) {
    return corrupt("a key of a dictionary has no value");
  }
  HEARTH_TRY_VOID(count_items(items.size()));
  auto& all = document_.containers_[document_.values_[id].index];
  all.insert(all.end(), items.begin(), items.end());
  return {};
}

Status PickleMachine::op_append() {
  HEARTH_TRY(const PickleId item, pop("an item of a list"));
  return add_items(PickleKind::kList, {item});
}

Status PickleMachine::op_appends() {
  HEARTH_TRY(const auto items, pop_to_mark());
  return add_items(PickleKind::kList, items);
}

Status PickleMachine::op_setitem() {
  HEARTH_TRY(const PickleId value, pop("a value of a dictionary"));
  HEARTH_TRY(const PickleId key, pop("a key of a dictionary"));
  return add_items(PickleKind::kDict, {key, value});
}

Status PickleMachine::op_setitems() {
  HEARTH_TRY(const auto items, pop_to_mark());
  return add_items(PickleKind::kDict, items);
}

Status PickleMachine::remember(std::uint32_t slot) {
  HEARTH_TRY(const PickleId id, top("a value to remember"));
  memo_[slot] = id;
  return {};
}

Status PickleMachine::recall(std::uint32_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) {
    return corrupt(fmt::format("nothing was remembered as {}", slot));
  }
  return push(found->second);
}

Status PickleMachine::op_binput() {
  HEARTH_TRY(const auto slot, reader_.read<std::uint8_t>("a place in the memo"));
  return remember(slot);
}

Status PickleMachine::op_long_binput() {
  HEARTH_TRY(const auto slot, reader_.read<std::uint32_t>("a place in the memo"));
  return remember(slot);
}

Status PickleMachine::op_binget() {
  HEARTH_TRY(const auto slot, reader_.read<std::uint8_t>("a place in the memo"));
  return recall(slot);
}

Status PickleMachine::op_long_binget() {
  HEARTH_TRY(const auto slot, reader_.read<std::uint32_t>("a place in the memo"));
  return recall(slot);
}

Result<std::string_view> PickleMachine::read_line(std::string_view what) {
  const auto rest = bytes_.subspan(reader_.offset());
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), std::min(rest.size(), kMaxGlobalBytes));
  const auto end = text.find('\n');
  if (end == std::string_view::npos) {
    return corrupt(fmt::format("{} does not end within {} bytes", what, text.size()));
  }
  HEARTH_TRY_VOID(reader_.skip(end + 1, what));
  return text.substr(0, end);
}

Status PickleMachine::push_global(std::string_view module, std::string_view name) {
  const auto row = find_pickle_global(module, name);
  if (!row) {
    return unsupported(
        fmt::format("the pickle asks for {}.{}, which weights do not need; nothing was run. A file of "
                    "weights alone can be made with torch.save(model.state_dict(), …)",
                    module, name));
  }
  return push_value({.kind = PickleKind::kGlobal, .index = *row});
}

Status PickleMachine::op_global() {
  HEARTH_TRY(const auto module, read_line("the module of a global"));
  HEARTH_TRY(const auto name, read_line("the name of a global"));
  return push_global(module, name);
}

Status PickleMachine::op_stack_global() {
  HEARTH_TRY(const PickleId name, pop("the name of a global"));
  HEARTH_TRY(const PickleId module, pop("the module of a global"));
  HEARTH_TRY_VOID(expect(name, PickleKind::kText, "the name of a global"));
  HEARTH_TRY_VOID(expect(module, PickleKind::kText, "the module of a global"));
  return push_global(document_.text(module).substr(0, kMaxGlobalBytes),
                     document_.text(name).substr(0, kMaxGlobalBytes));
}

// ("storage", type, key, location, number of elements), and in the old form None for "is no view of another".
Status PickleMachine::op_binpersid() {
  HEARTH_TRY(const PickleId id, pop("a persistent id"));
  HEARTH_TRY_VOID(expect(id, PickleKind::kTuple, "a persistent id"));
  const auto& items = document_.items(id);
  if (items.size() < 5 || document_.text(items[0]) != "storage") {
    return corrupt("a persistent id must be (\"storage\", type, key, location, number of elements)");
  }
  HEARTH_TRY_VOID(expect(items[1], PickleKind::kGlobal, "the type of a storage"));
  HEARTH_TRY_VOID(expect(items[2], PickleKind::kText, "the key of a storage"));
  HEARTH_TRY_VOID(expect(items[4], PickleKind::kInteger, "the number of elements of a storage"));
  if (items.size() > 5 && document_.kind(items[5]) != PickleKind::kNone) {
    return unsupported(fmt::format("storage {} is a view of another one", document_.text(items[2])));
  }
  const PickleGlobal& type = pickle_global(document_.values_[items[1]].index);
  if (type.role != GlobalRole::kStorage) {
    return corrupt(fmt::format("{}.{} is no type of a storage", type.module, type.name));
  }
  const PickledStorage storage{type.type, document_.text(items[2]), document_.integer(items[4])};
  if (storage.n_elements < 0) {
    return corrupt(fmt::format("storage {} has {} elements", storage.key, storage.n_elements));
  }
  document_.storages_.push_back(storage);
  return push_value(
      {.kind = PickleKind::kStorage, .index = static_cast<std::uint32_t>(document_.storages_.size() - 1)});
}

// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
Status PickleMachine::rebuild_tensor(const std::vector<PickleId>& arguments) {
  if (arguments.size() < 4) {
    return corrupt(fmt::format("a tensor is rebuilt from 4 to 7 arguments, found {}", arguments.size()));
  }
  HEARTH_TRY_VOID(expect(arguments[0], PickleKind::kStorage, "the storage of a tensor"));
  HEARTH_TRY_VOID(expect(arguments[1], PickleKind::kInteger, "the offset of a tensor"));
  PickledTensor tensor;
  tensor.storage = document_.storages_[document_.values_[arguments[0]].index];
  tensor.offset = document_.integer(arguments[1]);
  HEARTH_TRY(tensor.shape, integers_of(arguments[2], "the shape of a tensor"));
  HEARTH_TRY(tensor.strides, integers_of(arguments[3], "the strides of a tensor"));
  if (tensor.shape.size() != tensor.strides.size()) {
    return corrupt(fmt::format("a tensor has {} extents and {} strides", tensor.shape.size(), tensor.strides.size()));
  }
  if (document_.tensors_.size() >= kMaxTensors) {
    return corrupt(fmt::format("the pickle has more than {} tensors", kMaxTensors));
  }
  document_.tensors_.push_back(std::move(tensor));
  return push_value({.kind = PickleKind::kTensor, .index = static_cast<std::uint32_t>(document_.tensors_.size() - 1)});
}

// OrderedDict(), or OrderedDict([(key, value), …]).
Status PickleMachine::make_ordered_dict(const std::vector<PickleId>& arguments) {
  std::vector<PickleId> items;
  if (!arguments.empty()) {
    HEARTH_TRY_VOID(expect(arguments[0], PickleKind::kList, "the argument of OrderedDict"));
    HEARTH_TRY_VOID(count_items(document_.items(arguments[0]).size()));
    for (const PickleId pair : document_.items(arguments[0])) {
      const PickleKind kind = document_.kind(pair);
      if ((kind != PickleKind::kTuple && kind != PickleKind::kList) || document_.items(pair).size() != 2) {
        return corrupt("the argument of OrderedDict must be a list of pairs");
      }
      items.insert(items.end(), document_.items(pair).begin(), document_.items(pair).end());
    }
  }
  return push_container(PickleKind::kDict, std::move(items));
}

Status PickleMachine::call(const PickleGlobal& function, PickleId arguments) {
  const std::vector<PickleId>& items = document_.items(arguments);
  switch (function.role) {
    case GlobalRole::kOrderedDict:
      return make_ordered_dict(items);
    case GlobalRole::kRebuildTensor:
      return rebuild_tensor(items);
    case GlobalRole::kRebuildParameter:
      if (!items.empty() && document_.kind(items[0]) == PickleKind::kTensor) {
        return push(items[0]);
      }
      return corrupt("a parameter is not made from a tensor");
    case GlobalRole::kSize:
      if (!items.empty() && document_.kind(items[0]) == PickleKind::kTuple) {
        return push(items[0]);
      }
      return corrupt("a size is not made from a tuple");
    case GlobalRole::kStorage:
    case GlobalRole::kTag:
      break;
  }
  return unsupported(fmt::format("the pickle calls {}.{}, which weights do not need; nothing was run", function.module,
                                 function.name));
}

Status PickleMachine::op_reduce() {
  HEARTH_TRY(const PickleId arguments, pop("the arguments of a call"));
  HEARTH_TRY(const PickleId function, pop("the function of a call"));
  HEARTH_TRY_VOID(expect(arguments, PickleKind::kTuple, "the arguments of a call"));
  HEARTH_TRY_VOID(expect(function, PickleKind::kGlobal, "the function of a call"));
  return call(pickle_global(document_.values_[function].index), arguments);
}

// The state of an ordered dictionary or parameter is what a module notes about itself, no weights.
Status PickleMachine::op_build() {
  HEARTH_TRY_VOID(pop("the state of an object"));
  HEARTH_TRY(const PickleId object, top("an object"));
  const PickleKind kind = document_.kind(object);
  if (kind != PickleKind::kDict && kind != PickleKind::kTensor) {
    return corrupt("only dictionaries and tensors have a state");
  }
  return {};
}

Status PickleMachine::op_stop() {
  if (!marks_.empty() || stack_.size() != 1) {
    return corrupt(
        fmt::format("the pickle ends with {} values and {} marks, expected one value", stack_.size(), marks_.size()));
  }
  document_.root_ = stack_.back();
  is_done_ = true;
  return {};
}

Result<PickleDocument> read_pickle(std::span<const std::byte> bytes) {
  return PickleMachine(bytes).run();
}

}  // namespace hearth::formats
