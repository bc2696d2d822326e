<?php

use MediaWiki\Content\ContentHandler;
use MediaWiki\Deferred\DeferredUpdates;
use MediaWiki\Maintenance\Maintenance;
use MediaWiki\Revision\SlotRecord;
use MediaWiki\Status\Status;
use MediaWiki\Title\Title;
use MediaWiki\User\User;
use Wikimedia\Rdbms\IDBAccessObject;

require_once getenv( 'PRACTICE_TREE' ) . '/maintenance/Maintenance.php';

/**
 * Does what people do on a wiki: reads a list of actions as JSON on stdin and carries them out in order.
 *
 * An action is an object with "do", "user" and what else it needs; "at" dates it back.
 */
class PracticeActions extends Maintenance {
	/** @inheritDoc */
	public function execute() {
		foreach ( json_decode( $this->getStdin( self::STDIN_ALL ), true, 512, JSON_THROW_ON_ERROR ) as $action ) {
			$user = $this->account( $action['user'] );
			$status = match ( $action['do'] ) {
				'account' => Status::newGood(),
				'upload' => $this->upload( $action, $user ),
				'edit' => $this->edit( $action, $user, $action['text'] ),
				'append' => $this->edit( $action, $user, $this->text( $action['title'] ) . $action['text'] ),
				'revert' => $this->edit( $action, $user, $this->textBeforeLastEditor( $action['title'] ) ),
				'protect' => $this->protect( $action, $user ),
				'delete' => $this->delete( $action, $user ),
				'move' => $this->move( $action, $user ),
				'block' => $this->block( $action, $user ),
				'unblock' => $this->unblock( $action, $user ),
				'usage' => $this->note( $action, 'pages' ),
				'statements' => $this->note( $action, 'count' ),
			};
			if ( !$status->isOK() ) {
				$this->fatalError( "{$action['do']} " . ( $action['title'] ?? '' ) . ": $status" );
			}
		}
	}

	/** Give an account, creating it without a password when it is new. */
	private function account( string $name ): User {
		$user = $this->getServiceContainer()->getUserFactory()->newFromName( $name );
		if ( !$user->isRegistered() ) {
			$user->addToDatabase();
		}
		return $user;
	}

	private function title( string $name ): Title {
		return Title::newFromTextThrow( $name );
	}

	private function text( string $name ): string {
		$revision = $this->getServiceContainer()->getRevisionLookup()->getRevisionByTitle( $this->title( $name ) );
		return $revision ? $revision->getContent( SlotRecord::MAIN )->serialize() : '';
	}

	/** Find what a rollback would bring back: the text before the latest run of edits by one account. */
	private function textBeforeLastEditor( string $name ): string {
		$lookup = $this->getServiceContainer()->getRevisionLookup();
		$latest = $revision = $lookup->getRevisionByTitle( $this->title( $name ) );
		while ( $revision && $revision->getUser()->getName() === $latest->getUser()->getName() ) {
			$revision = $lookup->getPreviousRevision( $revision );
		}
		if ( !$revision ) {
			$this->fatalError( "revert $name: nobody else has edited it" );
		}
		return $revision->getContent( SlotRecord::MAIN )->serialize();
	}

	private function edit( array $action, User $user, string $text ): Status {
		$title = $this->title( $action['title'] );
		$page = $this->getServiceContainer()->getWikiPageFactory()->newFromTitle( $title );
		$bot = in_array( 'bot', $this->getServiceContainer()->getUserGroupManager()->getUserGroups( $user ), true );
		$status = $page->doUserEditContent(
			ContentHandler::makeContent( $text, $title ),
			$user,
			$action['summary'] ?? '',
			$bot ? EDIT_FORCE_BOT : 0
		);
		$this->dateBack( $action );
		return $status;
	}

	private function upload( array $action, User $user ): Status {
		$services = $this->getServiceContainer();
		$file = $services->getRepoGroup()->getLocalRepo()->newFile( $this->title( $action['title'] ) );
		$at = isset( $action['at'] ) ? wfTimestamp( TS_MW, $action['at'] ) : false;
		$status = $file->upload(
			$action['path'], $action['summary'] ?? '', $action['text'] ?? '', 0, false, $at, $user
		);
		$this->dateBack( $action );
		return $status;
	}

	/** Give the latest revision of a page the date that the story needs. */
	private function dateBack( array $action ): void {
		if ( !isset( $action['at'] ) ) {
			return;
		}
		DeferredUpdates::doUpdates();
		$dbw = $this->getPrimaryDB();
		$dbw->newUpdateQueryBuilder()->update( 'revision' )
			->set( [ 'rev_timestamp' => $dbw->timestamp( $action['at'] ) ] )
			->where( [ 'rev_id' => $this->title( $action['title'] )->getLatestRevID( IDBAccessObject::READ_LATEST ) ] )
			->caller( __METHOD__ )->execute();
	}

	private function protect( array $action, User $user ): Status {
		$page = $this->getServiceContainer()->getWikiPageFactory()->newFromTitle( $this->title( $action['title'] ) );
		$cascade = false;
		$level = $action['level'] ?? 'sysop';
		return $page->doUpdateRestrictions( [ 'edit' => $level, 'move' => $level ], [], $cascade, 'practice', $user );
	}

	private function delete( array $action, User $user ): Status {
		$title = $this->title( $action['title'] );
		if ( $title->inNamespace( NS_FILE ) ) {
			$file = $this->getServiceContainer()->getRepoGroup()->getLocalRepo()->newFile( $title );
			$status = $file->deleteFile( 'practice', $user );
			if ( !$status->isOK() ) {
				return $status;
			}
		}
		$page = $this->getServiceContainer()->getWikiPageFactory()->newFromTitle( $title );
		return $this->getServiceContainer()->getDeletePageFactory()->newDeletePage( $page, $user )
			->forceImmediate( true )->deleteUnsafe( 'practice' );
	}

	private function move( array $action, User $user ): Status {
		return $this->getServiceContainer()->getMovePageFactory()
			->newMovePage( $this->title( $action['title'] ), $this->title( $action['to'] ) )
			->move( $user, 'practice' );
	}

	private function block( array $action, User $user ): Status {
		return $this->getServiceContainer()->getBlockUserFactory()
			->newBlockUser( $action['name'], $user, 'infinity', $action['summary'] ?? 'practice' )
			->placeBlockUnsafe( true );
	}

	/** Let other wikis and structured data tell of a file. */
	private function note( array $action, string $what ): Status {
		PracticeBeside::note( $action['do'], $this->title( $action['title'] )->getPrefixedText(), $action[$what] );
		return Status::newGood();
	}

	private function unblock( array $action, User $user ): Status {
		return $this->getServiceContainer()->getUnblockUserFactory()
			->newUnblockUser( $action['name'], $user, 'practice' )->unblockUnsafe();
	}
}

$maintClass = PracticeActions::class;
require_once RUN_MAINTENANCE_IF_MAIN;
