#include "providers/memory/memory_provider.h"

#include <set>
#include <utility>

#include "kube/client/transport.h"

namespace stowage::providers {
namespace {

using kube::NamespacedName;

// A connection to itself, with `text` already in it.
class EchoStream : public kube::ByteStream {
 public:
  EchoStream(Executor& executor, std::string text, bool ended)
      : executor_(executor), text_(std::move(text)), ended_(ended) {}

  void Read(std::function<void(Result<std::string>)> done) override {
    reader_ = std::move(done);
    Serve();
  }
  void Write(std::string bytes, std::function<void(Result<void>)> done) override {
    const bool refused = ended_ || closed_;
    if (!refused) text_ += bytes;
    executor_.Post([self = shared_from_this(), refused, done = std::move(done)] {
      done(refused ? Result<void>(MakeError(ErrorCode::kCancelled, "the stream was closed"))
                   : Result<void>());
    });
    Serve();
  }
  void CloseWrite() override {
    ended_ = true;
    Serve();
  }
  void Close() override {
    closed_ = true;
    Serve();
  }

 private:
  void Serve() {
    if (!reader_ || (text_.empty() && !ended_ && !closed_)) return;
    Result<std::string> chunk = std::exchange(text_, "");
    if (closed_) chunk = MakeError(ErrorCode::kCancelled, "the stream was closed");
    executor_.Post([self = shared_from_this(), chunk = std::move(chunk),
                    reader = std::exchange(reader_, nullptr)] { reader(chunk); });
  }

  Executor& executor_;
  std::string text_;
  std::function<void(Result<std::string>)> reader_;
  bool ended_;
  bool closed_ = false;
};

}  // namespace

MemoryProvider::MemoryProvider(Executor& executor, MemoryMember& member, std::string node)
    : executor_(executor), member_(member), node_(std::move(node)) {
  observer_ = member_.AddObserver([this](const NamespacedName& key, const kube::Object* event) {
    OnMemberChanged(key, event);
  });
  executor_.Post([this, alive = alive_] {
    if (*alive) OnMemberChanged({}, nullptr);
  });
}

MemoryProvider::~MemoryProvider() {
  *alive_ = false;
  member_.RemoveObserver(observer_);
}

template <class T>
void MemoryProvider::Call(const std::string& verb, bool write,
                          std::function<Result<T>(MemoryMember&)> execute,
                          Callback<Result<T>> done) {
  const MemoryMember::Fate fate = member_.Decide(verb, write);
  Executor& executor = executor_;
  MemoryMember& member = member_;
  // Half way the member acts, whether we live to hear of it or not.
  executor_.RunAfter(fate.delay / 2, [&executor, &member, there = member_.alive(), alive = alive_,
                                      fate, execute = std::move(execute), done = std::move(done)] {
    if (!*there) return;
    Result<T> result = fate.execute ? execute(member) : Result<T>(Err(*fate.error));
    if (fate.error) result = Err(*fate.error);
    executor.RunAfter(fate.delay - fate.delay / 2, [alive, done, result = std::move(result)] {
      if (*alive) done(result);
    });
  });
}

void MemoryProvider::CreatePod(const kube::Object& pod, Callback<Result<void>> done) {
  Call<void>(
      "CreatePod", true,
      [node = node_, pod](MemoryMember& member) { return member.Create(node, pod); },
      std::move(done));
}

void MemoryProvider::UpdatePod(const kube::Object& pod, Callback<Result<void>> done) {
  Call<void>(
      "UpdatePod", true, [pod](MemoryMember& member) { return member.Update(pod); },
      std::move(done));
}

void MemoryProvider::DeletePod(const PodRef& ref, Grace grace, Callback<Result<void>> done) {
  Call<void>(
      "DeletePod", true, [ref, grace](MemoryMember& member) { return member.Delete(ref, grace); },
      std::move(done));
}

void MemoryProvider::GetPod(const PodRef& ref, Callback<Result<RemotePod>> done) {
  Call<RemotePod>(
      "GetPod", false, [ref](MemoryMember& member) { return member.Read(ref); }, std::move(done));
}

void MemoryProvider::ListPods(Callback<Result<std::vector<RemotePod>>> done) {
  using Pods = std::vector<RemotePod>;
  Call<Pods>(
      "ListPods", false,
      [](MemoryMember& member) -> Result<Pods> {
        Pods pods;
        for (const auto& [key, copy] : member.copies()) {
          if (copy.spec.exists()) pods.push_back(copy.pod);
        }
        return pods;
      },
      std::move(done));
}

void MemoryProvider::Probe(Callback<Result<Health>> done) {
  Call<Health>(
      "Probe", false,
      [](MemoryMember& member) -> Result<Health> {
        return Health{member.dials.latency, "v1.30.0-memory"};
      },
      std::move(done));
}

void MemoryProvider::SetListener(ProviderListener* listener) {
  listener_ = listener;
  if (!listener) return;
  executor_.Post([this, alive = alive_] {
    if (!*alive || !listener_) return;
    std::vector<PodRef> refs;
    for (const auto& [ref, pod] : cache_) refs.push_back(ref);
    for (const PodRef& ref : refs) {
      if (listener_) listener_->OnPodChanged(ref);
    }
    if (listener_ && member_.capacity()) listener_->OnCapacityChanged();
  });
}

std::optional<RemotePod> MemoryProvider::Cached(const PodRef& ref) const {
  auto it = cache_.find(ref);
  return it == cache_.end() ? std::nullopt : std::optional<RemotePod>(it->second);
}

void MemoryProvider::EachCached(const std::function<void(const RemotePod&)>& visit) const {
  for (const auto& [ref, pod] : cache_) visit(pod);
}

bool MemoryProvider::Synced() const { return synced_ && member_.reachable(); }

void MemoryProvider::Refresh(const NamespacedName& key) {
  const MemoryMember::Copy* copy = member_.Find(key);
  const bool ours = copy && copy->spec.exists();
  std::set<PodRef> changed;
  for (auto it = cache_.lower_bound({key.ns, key.name, ""});
       it != cache_.end() && it->first.ns == key.ns && it->first.name == key.name;) {
    const bool stays = ours && it->first == copy->pod.ref;
    if (!stays) changed.insert(it->first);
    it = stays ? std::next(it) : cache_.erase(it);
  }
  if (ours) {
    cache_[copy->pod.ref] = copy->pod;
    changed.insert(copy->pod.ref);
  }
  for (const PodRef& ref : changed) {
    if (listener_) listener_->OnPodChanged(ref);
  }
}

void MemoryProvider::OnMemberChanged(const NamespacedName& key, const kube::Object* event) {
  if (!member_.reachable()) return;
  if (event) {
    const MemoryMember::Copy* copy = member_.Find(key);
    if (copy && copy->spec.exists() && listener_) listener_->OnPodEvent(copy->pod.ref, *event);
    return;
  }
  if (!key.name.empty()) return Refresh(key);
  std::set<NamespacedName> keys;
  for (const auto& [ref, pod] : cache_) keys.insert({ref.ns, ref.name});
  for (const auto& [name, copy] : member_.copies()) keys.insert(name);
  for (const NamespacedName& name : keys) Refresh(name);
  synced_ = true;
  if (listener_ && member_.capacity()) listener_->OnCapacityChanged();
}

Result<Capacity> MemoryProvider::GetCapacity() const {
  if (!synced_ || !member_.capacity()) {
    return MakeError(ErrorCode::kUnavailable, "member: its capacity has not been seen yet");
  }
  return *member_.capacity();
}

void MemoryProvider::OpenStream(StreamRequest request, Callback<Result<kube::UpgradeReply>> done) {
  auto execute = [&executor = executor_,
                  request](MemoryMember& member) -> Result<kube::UpgradeReply> {
    const NamespacedName key{request.ref.ns, request.ref.name};
    const MemoryMember::Copy* copy = member.Find(key);
    if (!copy || !copy->spec.exists() ||
        (!request.ref.uid.empty() && copy->pod.ref.uid != request.ref.uid)) {
      return MakeError(ErrorCode::kNotFound, "pod " + key.ToString() + ": no copy of it");
    }
    kube::UpgradeReply reply;
    const bool log = request.verb == "log";
    reply.status = log ? 200 : 101;
    reply.headers = log ? kube::Headers{{"Content-Type", "text/plain"}}
                        : kube::Headers{{"Connection", "Upgrade"}, {"Upgrade", "SPDY/3.1"}};
    const std::string line = log ? "log of " + key.ToString() + "\n" : "";
    reply.stream = std::make_shared<EchoStream>(executor, line, log);
    return reply;
  };
  Call<kube::UpgradeReply>("OpenStream", false, std::move(execute), std::move(done));
}

}  // namespace stowage::providers
