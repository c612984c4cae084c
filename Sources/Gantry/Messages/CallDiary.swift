// What one call did, for the debug log's lines and its summary. Numbers only; they are put into words when somebody
// listens.

import Logging

/// A call's counters.
///
/// Guarded by the coordinator's lock.
struct CallDiary {
  /// The call's place among those of its driver, from 1.
  var number = 0
  /// When it began, in nanoseconds of the monotonic clock.
  var beganAt: UInt64 = 0
  var bytesRaw = 0
  var bytesPacked = 0
  var retried = 0
  /// The most bytes of the arena that were in use when one of its chunks was sent.
  var peakBytes = 0
  var chunks = Thinned()
  var arrivals = Thinned()
  var retries = Thinned()
  /// Its progress was shown.
  var isShown = false
}

extension Call {
  /// How lines name it.
  var title: String { "Map \(diary.number) of \"\(pool.name)\"" }

  var metadata: Logger.Metadata {
    ["function": "\(pool.name)", "map": "\(diary.number)"]
  }

  /// The last line about it.
  func summary(now: UInt64, ringBytes: Int) -> String {
    let seconds = Double(now &- diary.beganAt) / 1e9
    let end =
      if isCancelled {
        "was cancelled after"
      } else if failure != nil || sourceError != nil {
        "was ended by an error after"
      } else {
        "ended after"
      }
    let peak = Double(diary.peakBytes) / Double(ringBytes)
    let rate = seconds > 0 ? Double(completed + failed) / seconds : 0
    return """
      \(title) \(end) \(shortSeconds(seconds)): \(nextIndex) inputs, \(completed) outputs, \(failed) failed, \
      \(diary.retried) retried; \(diary.chunks.count) chunks of \(diary.bytesRaw) bytes, packed \
      \(diary.bytesPacked); ring at most \(percent(peak)) full; \(Int(rate)) inputs/s.
      """
  }
}

/// A share in whole percent.
func percent(_ share: Double) -> String { "\(Int((min(1, max(0, share)) * 100).rounded())) %" }

/// Seconds as a person reads them: a few digits, with the unit.
func shortSeconds(_ seconds: Double) -> String {
  switch seconds {
  case ..<1e-3: "\(Int(seconds * 1e6)) us"
  case ..<1: "\(tenths(seconds * 1e3)) ms"
  default: "\(tenths(seconds)) s"
  }
}

private func tenths(_ value: Double) -> String {
  value < 100 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
}
