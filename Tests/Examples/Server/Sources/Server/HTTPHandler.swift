// One connection: reads requests, has them answered by a task, writes the answers in order.

import NIOCore
import NIOHTTP1

/// What is answered to a path.
typealias Answerer = @Sendable (_ path: String) async -> (status: HTTPResponseStatus, body: String)

final class HTTPHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: Answerer
  private var path = ""

  init(_ answer: @escaping Answerer) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): path = head.uri
    case .body: break
    case .end:
      let channel = context.channel
      let (path, answer) = (path, answer)
      Task {
        let (status, body) = await answer(path)
        let text = channel.allocator.buffer(string: body + "\n")
        var headers = HTTPHeaders()
        headers.add(name: "content-length", value: "\(text.readableBytes)")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(text)), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
      }
    }
  }
}
