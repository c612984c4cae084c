// When an attempt may be repeated. Pure arithmetic on nanoseconds.

/// Exponential backoff: the n-th retry waits `initial * coefficient^(n-1)`, at most `most`.
package struct Backoff: Sendable, Equatable {
  package var maxRetries: Int
  package var coefficient: Double
  package var initial: UInt64
  package var most: UInt64

  package init(maxRetries: Int, coefficient: Double, initial: UInt64, most: UInt64) {
    self.maxRetries = maxRetries
    self.coefficient = coefficient
    self.initial = initial
    self.most = most
  }

  /// The delay before the n-th retry, from 1; nil when the budget is spent.
  package func delay(beforeRetry n: Int) -> UInt64? {
    guard n >= 1, n <= maxRetries else { return nil }
    var delay = Double(initial)
    for _ in 1..<max(n, 1) {
      delay *= coefficient
      if delay >= Double(most) { return most }
    }
    // Not by `min` of the doubles: the largest `most` rounds up to 2^64.
    return delay < Double(most) ? UInt64(delay) : most
  }
}
