// Where a container crashed: kept as raw addresses, and turned into words and a line when somebody asks.
// The addresses come from the container and are worth nothing but a question to the symbolizer.

import GantryContainers

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A crash's addresses and the executable they belong to.
struct CrashSite: Sendable {
  let note: CrashNote
  /// The container's executable; nil: this process's own.
  let executable: String?

  /// What the debug information says of it.
  ///
  /// The first question about an address runs a program and may take seconds; never ask under a lock.
  var finding: CrashFinding {
    FindingCache.finding(for: Key(addresses: addresses, isExact: isExact)) ?? CrashFinding()
  }

  // MARK: In words

  /// What the signal itself tells: of a fault, what was wrong with its address.
  var fault: String? {
    guard note.isFault else { return nil }
    switch Int32(truncatingIfNeeded: note.signal) {
    case SIGSEGV, SIGBUS:
      if isBeyondStack { return "Stack overflow" }
      if note.address < 4096 { return "Null pointer dereference" }
      return "Access to invalid address 0x\(String(note.address, radix: 16))"
    case SIGFPE:
      return "Arithmetic exception"
    default:
      return nil
    }
  }

  /// A stack grows into the page below it by one frame, or by the call that makes one.
  private var isBeyondStack: Bool {
    note.stackPointer != 0 && note.address &+ 65_536 >= note.stackPointer
      && note.address < note.stackPointer &+ 4096 && note.address >= 4096
  }

  /// The address itself, for a program without debug information.
  var place: String {
    guard let nearest = addresses.first, nearest.object == image else {
      return "0x\(String(note.counter, radix: 16))"
    }
    return "0x\(String(nearest.offset, radix: 16)) of the executable"
  }

  // MARK: Addresses

  /// What is asked and remembered.
  struct Key: Hashable, Sendable {
    var addresses: [Symbolizer.Address]
    /// Whether the first address is that of the crash itself, not of a call that led there.
    var isExact: Bool
  }

  /// Whether the program counter is where the program's debug information may know it.
  private var isExact: Bool { address(of: note.counter) != nil }

  /// The crash and the calls that led there, without those whose code has no debug information.
  private var addresses: [Symbolizer.Address] {
    // An int3 is reported by the address behind it, a call by that of its return.
    let isBehind = Int32(truncatingIfNeeded: note.signal) == SIGTRAP
    let counter = note.counter &- (isBehind ? 1 : 0)
    return ([counter] + note.frames.map { $0 &- 1 }).compactMap { address(of: $0) }
  }

  private func address(of counter: UInt64) -> Symbolizer.Address? {
    if note.code.contains(counter) {
      return Symbolizer.Address(object: image, offset: counter &- note.imageBase)
    }
    // A container that was forked has its libraries where this process has them.
    guard executable == nil, Library.programBase == note.imageBase, let library = Library(at: counter),
      library.hasLines
    else { return nil }
    return Symbolizer.Address(object: library.path, offset: counter &- library.base)
  }

  private var image: String { executable ?? ownExecutable }
}

/// The executable of this process, even if its file was replaced meanwhile.
private let ownExecutable: String = {
  let link = "/proc/\(getpid())/exe"
  guard let real = realpath(link, nil) else { return link }
  defer { free(real) }
  var linked = stat()
  var named = stat()
  guard stat(link, &linked) == 0, stat(real, &named) == 0, linked.st_ino == named.st_ino,
    linked.st_dev == named.st_dev
  else { return link }
  return String(cString: real)
}()

extension Library {
  /// Not the system's, nor Swift's: those come without debug information.
  fileprivate var hasLines: Bool {
    !["/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"].contains { path.hasPrefix($0) }
      && !path.contains("/usr/lib/swift/")
  }
}

/// What was found out about each site, kept because one bad line of code may crash a thousand inputs.
private enum FindingCache {
  /// A lock of its own, held while the program runs: others who ask mostly ask for the same.
  private static let lock = Lock()
  // nonisolated(unsafe): guarded by `lock`.
  private nonisolated(unsafe) static var known: [CrashSite.Key: CrashFinding] = [:]
  private nonisolated(unsafe) static var failures = 0

  private static let most = 256
  /// A symbolizer that failed so often is not asked again.
  private static let mostFailures = 2

  static func finding(for key: CrashSite.Key) -> CrashFinding? {
    guard let symbolizer = Symbolizer.installed, !key.addresses.isEmpty else { return nil }
    return lock.locked {
      if let known = known[key] { return known }
      guard failures < mostFailures else { return nil }
      guard let frames = symbolizer.frames(at: key.addresses) else {
        failures += 1
        return nil
      }
      var finding = CrashFinding(frames)
      if !key.isExact { finding.trap = nil }
      if known.count >= most { known.removeAll() }
      known[key] = finding
      return finding
    }
  }
}
