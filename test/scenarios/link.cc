#include "test/scenarios/link.h"

#include <utility>

namespace stowage::scenarios {

// Between the reader's sink and the faults: notes what the reader is told.
class Link::TracedWatch : public kube::Watch, private kube::WatchSink {
 public:
  TracedWatch(Link& link, uint64_t call, kube::WatchRequest request, kube::WatchSink& sink)
      : link_(link), call_(call), sink_(sink) {
    inner_ = link.faults_.Watch(std::move(request), *this);
  }

 private:
  void OnOpen() override { sink_.OnOpen(); }
  void OnEvents(std::vector<kube::WatchEvent> batch) override {
    for (const kube::WatchEvent& event : batch) {
      const kube::JsonRef meta = event.object["metadata"];
      link_.Note(call_, "event " + std::to_string(static_cast<int>(event.type)) + " " +
                            meta["namespace"].string() + "/" + meta["name"].string() + "@" +
                            meta["resourceVersion"].string());
    }
    sink_.OnEvents(std::move(batch));
  }
  void OnEnd(kube::WatchEnd end) override {
    link_.Note(call_, end ? "end " + end->ToString() : "end");
    sink_.OnEnd(std::move(end));
  }

  Link& link_;
  const uint64_t call_;
  kube::WatchSink& sink_;
  kube::WatchHandle inner_;
};

Link::Link(Deps deps, std::string process, std::string server, Rng rng, sim::FaultPlan plan)
    : deps_(std::move(deps)),
      process_(std::move(process)),
      server_(std::move(server)),
      faults_(deps_.executor, deps_.server, std::move(rng), plan, deps_.counts) {}

Link::~Link() { deps_.closed(this); }

void Link::Note(uint64_t call, const std::string& what) {
  deps_.journal.Add(process_ + ">" + server_ + " #" + std::to_string(call) + " " + what);
}

void Link::Send(kube::Request request, Callback<Result<kube::Response>> done) {
  const uint64_t call = ++calls_;
  const std::string target = request.target;
  Note(call,
       request.method + " " + request.target + " " + std::to_string(StableHash(request.body)));
  const bool write = request.method != "GET" && request.target.find("/events") == std::string::npos;
  if (request.method == "POST" && target.find("/binding?") != std::string::npos) {
    const auto binding = kube::Json::Parse(request.body);
    if (binding) deps_.on_bind((*binding)["metadata"]["uid"].string());
  }
  if (write) deps_.on_write();
  if (request.method == "GET") deps_.on_read(process_ + ">" + server_ + " " + target);
  faults_.Send(std::move(request), [this, call, done, target](Result<kube::Response> response) {
    Note(call, response ? "= " + std::to_string(response->status) + " " + target
                        : "= " + std::string(ErrorCodeName(response.error().code)) + " " + target);
    done(std::move(response));
  });
}

kube::WatchHandle Link::Watch(kube::WatchRequest request, kube::WatchSink& sink) {
  const uint64_t call = ++calls_;
  Note(call, "WATCH " + request.target);
  return std::make_unique<TracedWatch>(*this, call, std::move(request), sink);
}

void Link::Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) {
  Note(++calls_, "UPGRADE " + request.target);
  faults_.Upgrade(std::move(request), std::move(done));
}

}  // namespace stowage::scenarios
