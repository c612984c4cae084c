// What a contestant is asked for: `WORKLOAD key=value...`, or `--about` for what it can do.

/// The arguments of one run.
public struct Plan: Sendable {
  /// The name of what is to be measured.
  public let workload: String
  private let settings: [String: String]

  /// Reads the arguments after the program's own; ends the program where they make no sense.
  public init(_ arguments: some Sequence<String>) {
    let words = Array(arguments)
    guard let first = words.first else { stop("Name a workload, as in: w1-collect workers=2 n=1000000.") }
    workload = first
    var settings: [String: String] = [:]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { stop("'\(word)' is no setting: write it as name=value.") }
      settings[String(parts[0])] = String(parts[1])
    }
    self.settings = settings
  }

  /// A setting that is a number of at least `least`.
  public func number(_ name: String, or standard: Int, least: Int = 1) -> Int {
    guard let text = settings[name] else { return standard }
    guard let value = Int(text), value >= least else {
      stop("\(name)=\(text) is no whole number of at least \(least).")
    }
    return value
  }

  /// How many containers, processes or threads work.
  public var workers: Int { number("workers", or: 2) }

  /// How many inputs there are.
  public var count: Int { number("n", or: Plan.counts[workload] ?? 1000) }

  /// The inputs of each workload where none are asked for.
  public static let counts = [
    "w1-collect": 8_000_000, "w1-iterate": 8_000_000, "w1-await": 8_000_000, "w1-bare-await": 8_000_000,
    "w1-unordered": 8_000_000,
    "w1-foreach": 8_000_000, "w2": 2_000_000, "w3": 1_000_000, "w4": 500_000, "w5-in": 256, "w5-echo": 256,
    "w6": 200_000, "w7": 20_000, "w8-ordered": 20_000, "w8-unordered": 20_000, "w9-idle": 20_000,
    "w9-loaded": 2_000, "w9-nospin": 2_000, "idle": 64, "w10-first": 1, "w10-containers": 64,
    "w10-restarts": 1_000,
    "w11": 2_000, "w12-inputs": 8_000_000, "w12-containers": 8_000_000, "w12-maps": 8_000_000,
    "w12-chunks": 8_000_000,
  ]
}
