// A container's end as a value: how it ended, its last words, and what can be found out about a crash.
// Cheap to make, under the driver's lock; whatever costs more is done when it is read.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Why a container died.
public struct ContainerExit: Sendable, CustomStringConvertible {
  /// How a process ended.
  public enum Status: Sendable, Equatable {
    /// By a signal.
    case signal(Int32, name: String)
    /// By itself, with this code; 0 included.
    case exit(Int32)
    /// Nobody could say: whoever would have reaped it died too.
    case lost
  }

  /// The container's process identifier.
  public let pid: Int32
  /// How it ended.
  public let status: Status
  /// Up to the last 4 KiB of its standard error: what Swift printed, if it printed anything.
  public let stderrTail: String
  /// What the driver saw it do that no container may do, or in vain waited for; nil if it ended without that.
  ///
  /// Half a sentence that begins with "it". The driver kills such a container, and believes nothing that it had not
  /// published before.
  public let verdict: String?
  /// Where it crashed, by its own account.
  let site: CrashSite?
  /// The bytes it was allowed, if its function has a limit.
  let memoryLimit: Int?

  init(
    pid: Int32, status: Status, stderrTail: String, verdict: String? = nil, site: CrashSite? = nil,
    memoryLimit: Int? = nil
  ) {
    self.pid = pid
    self.status = status
    self.stderrTail = stderrTail
    self.verdict = verdict
    self.site = site
    self.memoryLimit = memoryLimit
  }

  /// What went wrong, in a few words such as "Index out of range".
  ///
  /// From the program's debug information, from what Swift printed, or from the signal; nil if none of them tells. The
  /// first question about a place in the program runs `llvm-symbolizer`, where there is one, and may take a second or
  /// two; later ones are answered from memory.
  public var trap: String? { site?.finding.trap ?? printedTrap ?? site?.fault }

  /// The line of the program at which it crashed, such as "Parser.swift:42".
  ///
  /// The innermost line that is not of Swift's library or of this package. Needs debug information, which
  /// `swift build` makes in debug and release, and costs what `trap` costs; nil if nobody knows.
  public var location: String? { site?.finding.location }

  /// A full sentence with the pid, the signal or code, trap and line where they can be found out, what the driver saw it
  /// do if it killed it for that, and the last words on standard error.
  ///
  /// Costs what `trap` costs.
  public var description: String { sentence(details) }

  /// The sentence without what takes long to find out, for those who hold a lock.
  var summary: String { sentence("") }

  private func sentence(_ details: String) -> String {
    let end =
      switch status {
      case .signal(SIGKILL, _) where verdict != nil: "was killed by the driver"
      case .signal(let number, let name): "was killed by signal \(number) (\(name))"
      case .exit(let code): "exited with code \(code)"
      case .lost: "was lost"
      }
    let words = stderrTail.trimmingSpace()
    let tail = words.isEmpty ? "" : " Its last words: \(words)"
    return "container \(pid) \(end)\(details)\(judgement).\(limit)\(tail)"
  }

  /// Why the driver killed it; one that ended by itself after what it did was not killed for it.
  private var judgement: String {
    guard let verdict else { return "" }
    if case .signal(SIGKILL, _) = status { return ", because \(verdict)" }
    return "; before that, \(verdict)"
  }

  /// The memory limit, where it may have been the reason.
  ///
  /// An allocation beyond it fails, and what follows is the program's: mostly SIGABRT, but also a null pointer.
  private var limit: String {
    guard let memoryLimit, case .signal(let number, _) = status, memorySignals.contains(number) else {
      return ""
    }
    return " Its memoryLimit is \(memoryLimit) bytes."
  }

  private var details: String {
    let trap = trap.map { ": \($0)" } ?? ""
    if let location { return trap.isEmpty ? " at \(location)" : "\(trap), at \(location)" }
    guard let site else { return trap }
    return trap.isEmpty ? " at \(site.place)" : "\(trap), at \(site.place)"
  }

  /// What Swift printed before it trapped.
  private var printedTrap: String? {
    guard site != nil, let line = stderrTail.split(separator: "\n").last(where: { $0.contains(printedMark) }),
      let mark = line.firstRange(of: printedMark)
    else { return nil }
    let words = line[mark.upperBound...].trimmingSpace()
    return words.isEmpty ? nil : String(words)
  }
}

private let printedMark = "Fatal error: "

/// What a failed allocation may end in.
private let memorySignals: Set<Int32> = [SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGTRAP]

extension StringProtocol {
  /// Without white space at its end.
  func trimmingSpace() -> SubSequence {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
