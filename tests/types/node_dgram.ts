/** Assignability between this module's types and those of node:dgram, whichever @types/node is installed. */
import type * as node from "node:dgram";
import type { AddressInfo } from "node:net";
import dgram, * as ours from "@x/dgram";

/** What the sockets of this module have and node's have not, by the version of @types/node. */
type Added = Exclude<keyof ours.Socket, keyof node.Socket>;
type AddedToAny =
  | "bindToDevice"
  | "getPathMTU"
  | "isPaused"
  | "pause"
  | "resume"
  | "sendMany"
  | "sendto"
  | "setDontFragment"
  | "setTOS"
  | "type";
type AddedToOld = "bindSync" | "connectSync" | typeof Symbol.asyncDispose;

/** Node's socket with nothing but what is added. */
type Completed = node.Socket & Pick<ours.Socket, Added>;

/** The same options with undefined where they may be left out, which exactOptionalPropertyTypes tells apart. */
type Explicit<T> = { [K in keyof T]: undefined extends T[K] ? T[K] | undefined : T[K] };

export function fromOurs(
  socket: ours.Socket,
  socketOptions: ours.SocketOptions,
  bindOptions: ours.BindOptions,
  remote: ours.RemoteInfo,
  type: ours.SocketType,
): unknown[] {
  const asSocket: node.Socket = socket;
  const asSocketOptions: node.SocketOptions = socketOptions;
  const asBindOptions: node.BindOptions = bindOptions;
  const asRemote: node.RemoteInfo = remote;
  const asType: node.SocketType = type;
  const created: node.Socket = ours.createSocket("udp4");
  const createSocket: typeof node.createSocket = ours.createSocket;
  const Class: typeof node.Socket = ours.Socket;
  const module: Pick<typeof node, "createSocket" | "Socket"> = ours;
  const defaultExport: Pick<typeof node, "createSocket" | "Socket"> = dgram;
  const inFunction = (use: (socket: node.Socket) => void): void => use(socket);
  const inList: node.Socket[] = [socket, new ours.Socket({ type })];
  return [
    asSocket,
    asSocketOptions,
    asBindOptions,
    asRemote,
    asType,
    created,
    createSocket,
    Class,
    module,
    defaultExport,
    inFunction,
    inList,
  ];
}

export function fromNode(
  socket: Completed,
  socketOptions: node.SocketOptions,
  bindOptions: node.BindOptions,
  remote: node.RemoteInfo,
  type: node.SocketType,
  added: Added,
): unknown[] {
  const asSocket: ours.Socket = socket;
  const asSocketOptions: ours.SocketOptions = socketOptions;
  const asBindOptions: ours.BindOptions = bindOptions;
  const asRemote: ours.RemoteInfo = remote;
  const asType: ours.SocketType = type;
  const known: AddedToAny | AddedToOld = added;
  const address: ours.AddressInfo = socket.address();
  const made = [ours.createSocket(socketOptions), ours.createSocket(type), ours.createSocket({ ...socketOptions })];
  return [asSocket, asSocketOptions, asBindOptions, asRemote, asType, known, address, made];
}

/** Node's own socket lacks what is added, and so is none of this module's. */
export function lacking(socket: node.Socket): ours.Socket {
  // @ts-expect-error it has no sendMany(), for one
  return socket;
}

/** A library's class over node:dgram's, with one import changed. */
export class Counted extends ours.Socket {
  count = 0;
  constructor(options: node.SocketOptions) {
    super(options);
    this.on("message", () => this.count++);
  }
  override address(): AddressInfo {
    return super.address();
  }
}

/** And one of the default export's. */
export class Named extends dgram.Socket {
  constructor() {
    super("udp4");
  }
}

export const subclasses: node.Socket[] = [new Counted({ type: "udp4" }), new Named()];

export function explicit(socketOptions: Explicit<ours.SocketOptions>, bindOptions: Explicit<ours.BindOptions>): void {
  dgram.createSocket(socketOptions).bind(bindOptions);
  dgram.createSocket({ type: "udp4", reuseAddr: undefined, signal: undefined, lookup: undefined, backend: undefined });
}
