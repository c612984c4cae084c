// Whether the next chunk of a call is worth compressing, from occupancy, measured work, and how the last tries went.
// Pure: costs and ratios are passed in. Trivial work travels stored, heavy work compressed; sooner where the arena fills.

/// What the user asked for.
package enum CompressionMode: Sendable, Equatable {
  case automatic
  case always(acceleration: Int)
  case never
}

/// The decisions of one call.
package struct CompressionPolicy: Sendable {
  /// Smaller chunks cost more to code than they could save.
  package static let least = 1024
  static let fullness = 0.5
  /// What coding may cost beside the work on a chunk: of one that waits for a container, and of one that waits in an arena
  /// half full, where the driver has time but the container that decodes it has not.
  static let workShare = 0.02
  static let fullWorkShare = 0.2
  static let leastRatio = 1.2
  static let longestPause = 256

  package let mode: CompressionMode
  /// Smoothed raw bytes for each stored byte.
  private var ratio = 2.0
  /// Smoothed nanoseconds for each raw byte, coding and decoding together.
  private var cost = 2.0
  /// Chunks still to pass before the next try.
  private var pause = 0
  private var nextPause = 2

  package init(_ mode: CompressionMode) { self.mode = mode }

  /// The acceleration to compress a chunk of `bytes` with; nil: store it.
  ///
  /// `occupancy` is the share of the arena in use; `work` the measured nanoseconds of the chunk's inputs, if any were
  /// measured; `containersAreBusy` whether the chunk will wait for a container anyway.
  package mutating func acceleration(
    bytes: Int, occupancy: Double, work: Double?, containersAreBusy: Bool
  ) -> Int? {
    switch mode {
    case .never: return nil
    case .always(let acceleration): return acceleration
    case .automatic:
      guard bytes >= CompressionPolicy.least else { return nil }
      let isFull = occupancy > CompressionPolicy.fullness
      guard isFull || containersAreBusy else { return nil }
      let share = isFull ? CompressionPolicy.fullWorkShare : CompressionPolicy.workShare
      // Where nothing was measured, only a full arena is a reason.
      guard work.map({ cost * Double(bytes) < share * $0 }) ?? isFull else { return nil }
      guard pause == 0 else {
        pause -= 1
        return nil
      }
      return 1
    }
  }

  /// Learns from a try: `stored` is nil when the chunk did not become small enough.
  package mutating func learn(raw: Int, stored: Int?, nanoseconds: UInt64) {
    guard raw > 0 else { return }
    // Decoding costs about a third of coding.
    cost += (1.33 * Double(nanoseconds) / Double(raw) - cost) / 8
    ratio += ((stored.map { Double(raw) / Double(max($0, 1)) } ?? 1) - ratio) / 4
    if ratio < CompressionPolicy.leastRatio {
      pause = nextPause
      nextPause = min(nextPause * 2, CompressionPolicy.longestPause)
      ratio = CompressionPolicy.leastRatio
    } else if stored != nil {
      nextPause = 2
    }
  }
}
