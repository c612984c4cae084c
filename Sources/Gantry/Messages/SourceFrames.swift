// Reads what a symbolizer printed, and chooses from it what a user wants to hear: the trap's own words, and the line.
// Pure: no file, no process.

/// One function at one address; several where calls were inlined into each other.
struct SourceFrame: Equatable {
  var function: String
  var file: String
  var line: Int

  /// The name of a file's last component, and the line.
  var place: String { "\(file.split(separator: "/").last ?? "")" + ":\(line)" }
}

/// What could be found out about a crash.
struct CrashFinding: Equatable, Sendable {
  /// The trap's own words.
  var trap: String?
  /// The file and line.
  var location: String?
}

extension SourceFrame {
  /// The frames of each address, innermost first, from the printed form: a line for the function and one for the place,
  /// an empty line behind each address.
  static func parse(_ text: String) -> [[SourceFrame]] {
    var all: [[SourceFrame]] = []
    var frames: [SourceFrame] = []
    var function: Substring?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let name = function {
        frames.append(SourceFrame(function: String(name), place: line))
        function = nil
      } else if line.isEmpty {
        if !frames.isEmpty { all.append(frames) }
        frames = []
      } else {
        function = line
      }
    }
    if !frames.isEmpty { all.append(frames) }
    return all
  }

  /// `place` is a file, a line and a column, with colons between.
  private init(function: String, place: Substring) {
    self.function = function
    let fields = place.split(separator: ":", omittingEmptySubsequences: false)
    line = fields.count > 2 ? Int(fields[fields.count - 2]) ?? 0 : 0
    file = fields.dropLast(2).joined(separator: ":")
  }

  private static let failure = "Swift runtime failure: "

  /// What the compiler says of the trap that this function stands for.
  var runtimeFailure: String? {
    guard function.hasPrefix(SourceFrame.failure) else { return nil }
    let words = function.dropFirst(SourceFrame.failure.count)
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// Whether a user may have written this line: neither the compiler, the standard library, nor this package.
  var isUsers: Bool {
    line > 0 && !file.isEmpty && !file.contains("<") && file != "??" && !file.contains("/swift/stdlib/")
      && !SourceFrame.ownDirectories.contains { file.hasPrefix($0) }
  }

  /// Where this package's code was compiled.
  private static let ownDirectories: [String] = {
    let own = "/Sources/Gantry/Messages/SourceFrames.swift"
    let path = #filePath
    guard path.hasSuffix(own) else { return [] }
    let root = path.dropLast(own.count)
    let rooms = ["", "Wire", "Lanes", "Containers", "Scheduling", "Foundation"]
    return ["\(root)/CSupport/"] + rooms.map { "\(root)/Sources/Gantry\($0)/" }
  }()
}

extension CrashFinding {
  /// Chooses from the frames of each address, where the innermost one is the trap itself.
  init(_ addresses: [[SourceFrame]]) {
    trap = addresses.first.flatMap { $0.lazy.compactMap(\.runtimeFailure).first }
    location = addresses.lazy.joined().first { $0.isUsers }?.place
  }
}
