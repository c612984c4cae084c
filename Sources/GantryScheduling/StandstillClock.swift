// Since when a container has shown no sign of going on with what it was given. No word of it is believed: what counts is
// the driver's own time between two changes. Told what was read; decides nothing about what follows.

/// Measures how long nothing has moved.
package struct StandstillClock: Sendable {
  /// What moves while a container works.
  package struct Marks: Equatable, Sendable {
    /// Bytes of records taken from it.
    var taken: UInt64
    /// Its oldest descriptor.
    var front: UInt64
    /// Inputs it was seen to begin.
    var begun: UInt64

    package init(taken: UInt64, front: UInt64, begun: UInt64) {
      self.taken = taken
      self.front = front
      self.begun = begun
    }
  }

  private var seen: Marks?
  private var since: UInt64 = 0

  package init() {}

  /// Since when all marks are what they are.
  package mutating func look(at marks: Marks, now: UInt64) -> UInt64 {
    if marks != seen {
      seen = marks
      since = now
    }
    return since
  }
}
