// Reads one text file in blocks of whole lines; decides by its first block whether it is text.
// Used by one thread; holds one descriptor and no bytes between blocks.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// An open file, read block by block.
final class BlockReader {
  /// How large blocks are.
  struct Limits {
    /// Bytes read for a block, which then ends at the last line end among them.
    var usual = 256 << 10
    /// Bytes to which a block grows while no line ends in it.
    var most = 8 << 20
  }

  /// What the file had next.
  enum Step: Equatable {
    case block(Piece)
    case end
    /// The first block has a zero byte.
    case binary
    /// An error number.
    case failed(Int32)
  }

  /// Bytes of the file.
  struct Piece: Equatable {
    var bytes: [UInt8]
    var offset: Int
    /// Whether the byte before these belongs to the same word: only where a huge line had to be cut inside one.
    var continuesWord: Bool
  }

  /// Why a file was not opened.
  enum Refusal: Error, Equatable {
    case unreadable(Int32)
    case special
  }

  private let descriptor: Int32
  private let size: Int
  private let limits: Limits
  private var offset = 0
  private var continuesWord = false

  /// Opens a regular file.
  ///
  /// - Parameters:
  ///   - path: Its path.
  ///   - followsLink: Whether the path may be a symbolic link.
  ///   - limits: How large blocks are.
  /// - Throws: `Refusal`.
  init(_ path: Path, followsLink: Bool, limits: Limits = Limits()) throws(Refusal) {
    // Should a pipe have taken the file's place, opening it must not wait for a writer.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLink ? 0 : O_NOFOLLOW)
    descriptor = path.withCString { open($0, flags) }
    guard descriptor >= 0 else { throw .unreadable(errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .unreadable(code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .special
    }
    size = Int(status.st_size)
    self.limits = limits
  }

  deinit { close(descriptor) }

  /// Reads the next block.
  func next() -> Step {
    // One byte more than is left, so that the end shows; files of unknown length (in /proc) say 0.
    var room = min(limits.usual, max(size - offset + 1, min(limits.usual, 16 << 10)))
    while true {
      var bytes: [UInt8]
      switch read(room) {
      case .success(let read): bytes = read
      case .failure(let code): return .failed(code.number)
      }
      if bytes.isEmpty { return .end }
      if offset == 0, bytes.contains(0) { return .binary }
      if bytes.count == room {
        guard let end = bytes.endOfLines ?? (room < limits.most ? nil : bytes.endOfPiece) else {
          room = min(room * 2, limits.most)
          continue
        }
        bytes.removeSubrange(end...)
      }
      let piece = Piece(bytes: bytes, offset: offset, continuesWord: continuesWord)
      offset += bytes.count
      continuesWord = bytes.last.map { !isSpace($0) } ?? false
      return .block(piece)
    }
  }

  private struct ErrorNumber: Error { let number: Int32 }

  /// Reads so many bytes, or fewer at the end of the file.
  private func read(_ count: Int) -> Result<[UInt8], ErrorNumber> {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if got > 0 {
          filled += got
        } else if got == 0 || errno != EINTR {
          code = got == 0 ? 0 : errno
          break
        }
      }
    }
    return code == 0 ? .success(bytes) : .failure(ErrorNumber(number: code))
  }
}

extension [UInt8] {
  /// Behind the last line end.
  fileprivate var endOfLines: Int? {
    lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
  }

  /// Where a line without end may be cut: behind its last space, else before its last character of UTF-8.
  fileprivate var endOfPiece: Int {
    if let space = lastIndex(where: isSpace) { return space + 1 }
    // Four bytes are the longest character; where the last four are no lead, the bytes are no UTF-8.
    for place in (Swift.max(1, count - 4)..<count).reversed() where self[place] & 0xC0 != 0x80 {
      return place
    }
    return count
  }
}

/// Whether a byte separates words: space, tab, line feed, vertical tab, form feed, carriage return.
@inline(__always)
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }
