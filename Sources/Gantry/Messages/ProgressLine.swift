// Words and bar of the progress line, fitted to a width. Pure: no clock, no terminal.

/// How far a map is.
struct ProgressLine: Equatable {
  var function: String
  /// Inputs that gave an output or failed.
  var done: Int
  /// All inputs, where their number is known.
  var total: Int?
  var failed: Int
  var containers: Int
  /// Seconds since the map began.
  var elapsed: Double
  /// Maps beside this one.
  var others = 0

  static let widestBar = 30
  static let narrowestBar = 8

  /// The line while the map runs, at most `width` characters; the bar and then the last words give way.
  func running(width: Int) -> String {
    var parts = [count]
    if let rate { parts.append("\(ProgressLine.short(rate))/s") }
    if let left { parts.append("ETA \(ProgressLine.clock(left))") }
    parts += troubles
    parts.append("\(containers) \(containers == 1 ? "container" : "containers")")
    if others > 0 { parts.append("+\(others) more") }
    return fit(parts, width)
  }

  /// The line that stays when the map is over.
  func finished(width: Int) -> String {
    var parts = [count, "in \(ProgressLine.clock(elapsed))"]
    if let rate { parts.append("\(ProgressLine.short(rate))/s") }
    return fit(parts + troubles, width)
  }

  // MARK: Parts

  private var count: String { total.map { "\(done)/\($0)" } ?? "\(done)" }
  private var troubles: [String] { failed > 0 ? ["\(failed) failed"] : [] }

  private var rate: Double? { elapsed > 0 && done > 0 ? Double(done) / elapsed : nil }

  private var left: Double? {
    guard let total, let rate, total > done else { return nil }
    return Double(total - done) / rate
  }

  private func fit(_ parts: [String], _ width: Int) -> String {
    var parts = parts
    while true {
      let words = parts.joined(separator: "  ")
      let room = width - function.count - words.count - 4
      if let total, room >= ProgressLine.narrowestBar + 2 {
        return "\(function)  [\(bar(of: total, width: min(room, ProgressLine.widestBar + 2) - 2))]  \(words)"
      }
      let line = "\(function)  \(words)"
      if line.count <= width || parts.count == 1 { return String(line.prefix(max(0, width))) }
      parts.removeLast()
    }
  }

  private func bar(of total: Int, width: Int) -> String {
    let full = total > 0 ? min(width, Int(Double(width) * Double(done) / Double(total))) : width
    return String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
  }

  // MARK: Numbers

  /// A rate in three digits or so: 0.25, 7.3, 420, 12k, 3.4M.
  static func short(_ value: Double) -> String {
    func digits(_ value: Double, _ unit: String) -> String {
      if value >= 10 { return "\(Int(value.rounded()))\(unit)" }
      let scale = value >= 1 ? 10.0 : 100
      return "\((value * scale).rounded() / scale)\(unit)"
    }
    switch value {
    case ..<1e3: return digits(value, "")
    case ..<1e6: return digits(value / 1e3, "k")
    case ..<1e9: return digits(value / 1e6, "M")
    default: return digits(min(value / 1e9, 1e9), "G")
    }
  }

  /// A time as 0:07, 12:34, or 3:05:09; of a hundred hours and more as ">99 h".
  static func clock(_ seconds: Double) -> String {
    guard seconds < 360_000 else { return ">99 h" }
    let whole = Int(max(0, seconds).rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }
}
