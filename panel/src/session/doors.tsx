/** The rooms that links from outside lead to, fetched together when somebody comes with one: hardly anybody does twice. */
export { ClaimRoom } from './claim-room.tsx';
export { JoinRoom } from './join-room.tsx';
export { RecoverRoom } from './recover-room.tsx';
