// What one round does: all of it follows from the seed and the round's number. Made before the driver, also in a zygote
// that is this program started again.

import Gantry
import Glibc
import TestSupport

struct Plan: Sendable {
  let seed: UInt64
  let number: Int
  let milliseconds: Int
  /// Whether containers die so that their memory is not believed, too.
  let isViolent: Bool
  let killsZygotes: Bool
  /// Microseconds between two kills from outside, at most.
  let killPause: Int
  /// Containers of a thousand that die at a step.
  let stepPermille: Int
  let configuration: Configuration
  let kinds: [Kind]
  private let maxContainers: Int
  private let chunking: Chunking
  private let compression: Compression
  private let maxInputsPerContainer: Int?
  /// Containers kept idle, and for how long others are.
  private let kept: Int
  private let window: Duration

  /// The one this process plays.
  ///
  /// nonisolated(unsafe): written once, while there is one thread.
  nonisolated(unsafe) private static var made: Plan?
  static var current: Plan {
    guard let made else { fatalError("There is no plan yet.") }
    return made
  }

  static func make(seed: UInt64, number: Int, milliseconds: Int, mode: Mode) {
    made = Plan(seed: seed, number: number, milliseconds: milliseconds, mode: mode)
  }

  /// What the soak is for.
  enum Mode: String {
    /// Everything at once.
    case all
    /// Containers that claim all the time, while what they have not claimed is taken back all the time; few deaths.
    case claims
    /// The same with inputs of a chunk, for the race between an input and a split.
    case splits
  }

  private init(seed: UInt64, number: Int, milliseconds: Int, mode: Mode) {
    var random = SeededGenerator(seed: seed ^ UInt64(number) << 32)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
    self.seed = random.next()
    self.number = number
    self.milliseconds = milliseconds
    let isRacing = mode != .all
    isViolent = chance(33) && mode == .all
    killsZygotes = chance(20) && !isRacing
    killPause = isRacing ? 200_000 : pick([1000, 3000, 10_000])
    stepPermille = isRacing ? 0 : pick([0, 150, 500])
    var configuration = Configuration(progress: .none)
    configuration.ringBytes = pick([nil, 65_536, 65_536, 300_000, 1 << 20])
    configuration.start = chance(15) ? .reexec : .automatic
    configuration.logger = Listener.logger
    self.configuration = configuration
    maxContainers = isRacing ? 2 : pick([1, 2, 2, 3, 4])
    chunking = pick([.automatic, .automatic, .fixed(1), .fixed(7), .fixed(40)])
    compression = pick([.automatic, .lz4, .none])
    maxInputsPerContainer = chance(20) && !isRacing ? Int.random(in: 20..<400, using: &random) : nil
    kept = chance(20) && !isRacing ? Int.random(in: 1...3, using: &random) : 0
    window = chance(25) && !isRacing ? .milliseconds(Int.random(in: 0...30, using: &random)) : .seconds(60)
    kinds =
      isRacing
      ? [mode == .splits ? .splits : .claims]
      : [.stealing] + (0..<5).map { _ in pick(Kind.allCases) }
  }

  /// Options of a function: the round's, but for what the function is about.
  func options(
    chunking: Chunking? = nil, retries: Retries = .none, crashRetries: Retries = .none,
    timeout: Duration? = nil, inputConcurrency: Int = 1, least: Int = 1
  ) -> FunctionOptions {
    let most = max(least, maxContainers)
    return FunctionOptions(
      minContainers: min(kept / 2, most), maxContainers: most, bufferContainers: kept,
      scaledownWindow: window,
      timeout: timeout, retries: retries,
      crashRetries: crashRetries, chunking: chunking ?? self.chunking, compression: compression,
      inputConcurrency: inputConcurrency, maxInputsPerContainer: maxInputsPerContainer)
  }

  /// One line of it.
  var summary: String {
    let start = configuration.start == .reexec ? "started again" : "forked"
    return """
      round \(number): \(milliseconds) ms, \(start), \(isViolent ? "violent" : "gentle"), \
      ring \(configuration.ringBytes.map { "\($0)" } ?? "default"), up to \(maxContainers) containers, \
      \(chunking), \(compression), \(maxInputsPerContainer.map { "\($0) inputs a container" } ?? "no limit"), \
      \(kept) kept, others for \(window), \
      steps \(stepPermille), pause \(killPause), zygotes \(killsZygotes), \(kinds.map { "\($0)" })
      """
  }
}
