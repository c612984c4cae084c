// The inputs of the map: the blocks of all text files below some paths, read when they are asked for.
// Never has more than one file open; what cannot be read is reported and left out.

/// Blocks of the files at and below some paths.
struct BlockSequence: Sequence, IteratorProtocol {
  private struct Open {
    let reader: BlockReader
    let path: Path
    /// Its number, once its first block has shown that it is text.
    var number: Int?
  }

  private var walk: FileWalk
  private var open: Open?
  private let catalogue: Catalogue
  private let crashOn: [UInt8]?
  private let limits: BlockReader.Limits
  private let report: (String) -> Void

  /// Makes the sequence; nothing is read before it is iterated.
  ///
  /// - Parameters:
  ///   - paths: Files and directories.
  ///   - catalogue: Is told of every file and block.
  ///   - crashOn: The first block of each file whose path holds these bytes makes its container trap.
  ///   - limits: How large blocks are.
  ///   - report: Takes a line about each file that cannot be read.
  init(
    _ paths: [Path], catalogue: Catalogue, crashOn: [UInt8]? = nil,
    limits: BlockReader.Limits = .init(), report: @escaping (String) -> Void
  ) {
    walk = FileWalk(paths)
    self.catalogue = catalogue
    self.crashOn = crashOn
    self.limits = limits
    self.report = report
  }

  mutating func next() -> Block? {
    while true {
      if let block = nextOfOpenFile() { return block }
      guard let step = walk.next() else { return nil }
      switch step {
      case .file(let path, let isGiven): begin(path, isGiven)
      case .unreadable(let path, let code): skipUnreadable(path, code, "skipped")
      case .link: catalogue.skip(\.links)
      case .special(let path, let isGiven): skipSpecial(path, isGiven)
      }
    }
  }

  private mutating func begin(_ path: Path, _ isGiven: Bool) {
    do {
      open = Open(reader: try BlockReader(path, followsLink: isGiven, limits: limits), path: path)
    } catch {
      switch error {
      case .unreadable(let code): skipUnreadable(path, code, "skipped")
      case .special: skipSpecial(path, isGiven)
      }
    }
  }

  private mutating func nextOfOpenFile() -> Block? {
    guard let file = open else { return nil }
    switch file.reader.next() {
    case .block(let piece):
      let number = file.number ?? catalogue.begin(file.path)
      open?.number = number
      let bytes = piece.offset..<piece.offset + piece.bytes.count
      return Block(
        index: catalogue.issue(of: number, bytes: bytes), path: file.path, offset: piece.offset,
        continuesWord: piece.continuesWord,
        crashes: piece.offset == 0 && crashOn.map(file.path.contains) ?? false, bytes: piece.bytes)
    case .end:
      catalogue.end(file.number ?? catalogue.begin(file.path))
    case .binary:
      catalogue.skip(\.binary)
    case .failed(let code):
      skipUnreadable(file.path, code, file.number == nil ? "skipped" : "the rest of it is skipped")
      if let number = file.number { catalogue.end(number) }
    }
    open = nil
    return nil
  }

  /// What was given deserves an answer; what lies about below is not worth a line.
  private func skipSpecial(_ path: Path, _ isGiven: Bool) {
    catalogue.skip(\.special)
    if isGiven { report("special: \(printable(path.bytes)) is neither a file nor a directory; skipped") }
  }

  private func skipUnreadable(_ path: Path, _ code: Int32, _ consequence: String) {
    catalogue.skip(\.unreadable)
    report("unreadable: \(printable(path.bytes)): \(errorText(code)); \(consequence)")
  }
}
