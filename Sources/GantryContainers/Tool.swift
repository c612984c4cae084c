// Runs another program for the driver, outside its lock, and takes what it prints.

import CGantryProcess

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Runs a program without input; nil if it cannot be had, hangs for longer than so many milliseconds, or prints more
/// than `most` bytes.
///
/// Blocks its caller. It is safe whatever the program does about SIGCHLD, and leaves nothing behind.
package func runTool(_ path: String, _ arguments: [String], milliseconds: Int, most: Int) -> String? {
  var words = ([path] + arguments).map { strdup($0) }
  defer { for word in words { free(word) } }
  words.append(nil)
  var output = [CChar](repeating: 0, count: most)
  let count = gantry_tool_run(path, words, &output, most, Int32(clamping: milliseconds))
  guard count > 0, count < most else { return nil }
  return output.withUnsafeBytes { String(decoding: $0.prefix(count), as: UTF8.self) }
}
