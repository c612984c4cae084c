// What became of one input, with everything that is known of it.

/// One input's output or failure, and what it took.
public struct Outcome<Output: Sendable>: Sendable {
  /// The input's place in its sequence, from 0.
  public let index: Int
  /// Its output, or why there is none.
  public let result: Result<Output, InputError>
  /// Starts that ended in a throw, a timeout, this input's own crash, or its output.
  public let attempts: Int
  /// How long the last attempt ran, in its container; zero for an input that never ran.
  public let duration: Duration
  /// The process identifier of the container of the last attempt; 0 for an input that never ran.
  public let container: Int32

  init(_ index: Int, _ result: Result<Output, InputError>, _ facts: OutcomeFacts?) {
    self.index = index
    self.result = result
    var attempts = facts?.attempts ?? 1
    if case .failure(let failure) = result { attempts = failure.attempts }
    self.attempts = attempts
    duration = .nanoseconds(Int64(clamping: facts?.nanoseconds ?? 0))
    container = facts?.container ?? 0
  }
}

extension Run {
  /// What was noted of the element at an offset, or of the failure behind the last.
  func facts(at offset: Int) -> OutcomeFacts? { offset < facts.count ? facts[offset] : nil }
}
