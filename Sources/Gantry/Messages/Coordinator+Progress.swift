// When the progress line is drawn and what it shows. Called under the driver's lock; costs nothing without a bar.
// The background thread draws, woken by its timer; only a map's last line is whoever's ends it.

extension Coordinator {
  /// A call began: its line is due when it has lasted for a while.
  func expectProgress(of call: Call) {
    guard let bar, !call.isSingle else { return }
    let first = call.diary.beganAt + max(bar.patience, bar.pause)
    if first < progressDueAt { progressDueAt = first }
    armTimer()
  }

  /// Puts the line into the outbox if it is time for it.
  func showProgress() {
    guard let bar, now >= progressDueAt else { return }
    progressDueAt = .max
    var oldest: Call?
    var count = 0
    for pool in pools {
      for call in pool.calls where !call.isSingle && !call.isComplete {
        let showsFrom = call.diary.beganAt + bar.patience
        guard showsFrom <= now else {
          progressDueAt = min(progressDueAt, showsFrom)
          continue
        }
        count += 1
        if let chosen = oldest, chosen.diary.beganAt <= call.diary.beganAt { continue }
        oldest = call
      }
    }
    guard let oldest else { return }
    progressDueAt = min(progressDueAt, now + bar.pause)
    oldest.diary.isShown = true
    var line = progressLine(oldest)
    line.others = count - 1
    outbox.put(.progress(line.running(width: bar.width)))
  }

  /// Leaves the last line of a call behind, if it had one before or shows one always.
  func finishProgress(of call: Call) {
    guard let bar, !call.isSingle, call.diary.isShown || bar.patience == 0 else { return }
    var line = progressLine(call)
    // One that was cut short says how far it came, not how far it might have.
    if !call.isCancelled, call.failure == nil { line.total = line.total == nil ? nil : line.done }
    outbox.put(.finished(line.finished(width: bar.width)))
  }

  private func progressLine(_ call: Call) -> ProgressLine {
    ProgressLine(
      function: call.pool.name, done: call.completed + call.failed, total: call.total, failed: call.failed,
      containers: call.pool.containers.count, elapsed: Double(now &- call.diary.beganAt) / 1e9)
  }
}
