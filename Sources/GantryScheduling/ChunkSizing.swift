// How many inputs go into the next chunk and how often its outputs are published, from what was measured so far.
// No clock: durations are passed in.

/// Chunk sizes of one call.
package struct ChunkSizing: Sendable {
  /// The most inputs a chunk has before anything was measured.
  package static let defaultSize = 49
  /// What a chunk is worth at the start of a call, and what of it is published at once.
  static let targetNanoseconds = 500_000.0
  static let publishNanoseconds = 200_000.0
  /// Both grow with the work that was done, each to this many times as much.
  ///
  /// A short call is spread evenly and told of soon, a long one costs few wakes; a chunk is never more than a small part
  /// of what was done before it.
  static let mostGrowth = 8.0
  /// At so much work they begin to grow.
  static let growthNanoseconds = 16_000_000.0
  static let most = 1 << 18
  /// Beyond it a fixed size means the same, and products with it would overflow.
  static let mostFixed = 1 << 30

  /// A size the user fixed, if so.
  package let fixed: Int?
  /// Smoothed run time of one input; nil until one was measured.
  package private(set) var mean: Double?
  private var samples = 0
  /// Run time of all inputs so far.
  private var worked = 0.0

  package init(fixed: Int?) { self.fixed = fixed.map { min($0, ChunkSizing.mostFixed) } }

  /// Learns from a record: `count` inputs ran for `nanoseconds`.
  package mutating func learn(count: Int, nanoseconds: UInt64) {
    guard count > 0 else { return }
    worked += Double(nanoseconds)
    let sample = max(0.2, Double(nanoseconds) / Double(count))
    // Large records say more than small ones; the first few inputs of a cold container say little.
    let weight = samples < 256 ? 0.5 : min(0.5, max(0.05, Double(count) / 4096))
    mean = mean.map { $0 + (sample - $0) * weight } ?? sample
    samples += count
  }

  /// The most inputs the next chunk may have; reached or not, it is never waited for.
  ///
  /// `left` is how many inputs remain, where that is known; `share` among how many containers they are to be spread.
  package func next(left: Int?, share: Int) -> Int {
    if let fixed { return fixed }
    var size = ChunkSizing.defaultSize
    if let mean, samples >= ChunkSizing.defaultSize {
      size = Int(min(Double(ChunkSizing.most), max(1, ChunkSizing.targetNanoseconds * growth / mean)))
    }
    // Trivial work is faster in one container than spread over two; anything else must not lose parallelism.
    if let left, share > 1, (mean ?? .infinity) * Double(left) > ChunkSizing.targetNanoseconds {
      size = min(size, max(1, (left - 1) / share + 1))
    }
    return max(1, size)
  }

  /// After how many inputs a container publishes.
  package var publishEvery: UInt32 {
    guard let mean, samples >= 8 else { return 1 }
    return UInt32(min(Double(ChunkSizing.most), max(1, ChunkSizing.publishNanoseconds * growth / mean)))
  }

  private var growth: Double { min(ChunkSizing.mostGrowth, max(1, worked / ChunkSizing.growthNanoseconds)) }

  /// How many inputs are `nanoseconds` of work; nil before anything was measured.
  package func inputs(worth nanoseconds: Double) -> Int? {
    mean.map { Int(min(1e9, nanoseconds / $0)) }
  }
}
