// Picks ever fewer of many events to be told: the first, and then each time their number has doubled.

/// A count of events that says which of them are worth a line.
struct Thinned {
  private(set) var count = 0
  private var next = 1

  /// Counts one more; true for the 1st, 2nd, 4th, 8th, and so on.
  mutating func isNextTold() -> Bool {
    count += 1
    guard count >= next else { return false }
    next *= 2
    return true
  }
}
