// Walks paths in byte order and says what lies there; opens one directory at a time and no file.
// Symbolic links are followed where they were given, never below, so that no loop is possible.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The files at and below some paths, hidden ones included, each directory's entries sorted by their bytes.
struct FileWalk: Sequence, IteratorProtocol {
  /// What was met.
  enum Step: Equatable {
    /// A regular file; one that was given may be reached through a link.
    case file(Path, isGiven: Bool)
    /// A file or directory that cannot be looked at, or a directory that cannot be read to its end.
    case unreadable(Path, Int32)
    /// A symbolic link below a given path.
    case link(Path)
    /// Something that is neither file, directory nor link: a pipe, a socket, a device.
    case special(Path, isGiven: Bool)
  }

  fileprivate enum Kind {
    case file
    case directory
    case link
    case special
    /// The directory does not say; the file itself must be asked.
    case unknown
  }

  private struct Entry {
    let name: [UInt8]
    let kind: Kind
  }

  /// A directory that was read and is being worked through.
  private struct Level {
    let path: Path
    /// The entries still to come, the next one last.
    var entries: [Entry]
  }

  private var given: ArraySlice<Path>
  private var levels: [Level] = []
  /// Set when a directory could be read in part.
  private var trouble: Step?

  init(_ paths: [Path]) { given = paths[...] }

  mutating func next() -> Step? {
    while true {
      if let step = trouble.take() { return step }
      if let (path, kind) = nextEntry() {
        if let step = visit(path, kind) { return step }
      } else if let path = given.popFirst() {
        if let step = visitGiven(path) { return step }
      } else {
        return nil
      }
    }
  }

  private mutating func nextEntry() -> (Path, Kind)? {
    while !levels.isEmpty {
      if let entry = levels[levels.count - 1].entries.popLast() {
        return (levels[levels.count - 1].path.appending(entry.name), entry.kind)
      }
      levels.removeLast()
    }
    return nil
  }

  private mutating func visit(_ path: Path, _ kind: Kind) -> Step? {
    switch kind {
    case .file: return .file(path, isGiven: false)
    case .link: return .link(path)
    case .special: return .special(path, isGiven: false)
    case .directory: return descend(path)
    case .unknown:
      var status = stat()
      guard path.withCString({ lstat($0, &status) }) == 0 else { return .unreadable(path, errno) }
      return visit(path, Kind(mode: status.st_mode))
    }
  }

  private mutating func visitGiven(_ path: Path) -> Step? {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else { return .unreadable(path, errno) }
    switch Kind(mode: status.st_mode) {
    case .file: return .file(path, isGiven: true)
    case .directory: return descend(path)
    case .link, .special, .unknown: return .special(path, isGiven: true)
    }
  }

  private mutating func descend(_ path: Path) -> Step? {
    guard let directory = path.withCString({ opendir($0) }) else { return .unreadable(path, errno) }
    defer { closedir(directory) }
    var entries: [Entry] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
      entries.append(Entry(name: name, kind: Kind(entryType: entry.pointee.d_type)))
    }
    if errno != 0 { trouble = .unreadable(path, errno) }
    entries.sort { $1.name.lexicographicallyPrecedes($0.name) }
    levels.append(Level(path: path, entries: entries))
    return nil
  }
}

extension FileWalk.Kind {
  fileprivate init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .link
    default: self = .special
    }
  }

  fileprivate init(entryType: UInt8) {
    switch Int(entryType) {
    case Int(DT_REG): self = .file
    case Int(DT_DIR): self = .directory
    case Int(DT_LNK): self = .link
    case Int(DT_UNKNOWN): self = .unknown
    default: self = .special
    }
  }
}
