//! The servers from the cached root: they start, keep what they store, and end.

use testkit::{PrivatePostgres, PrivateRedis};

#[tokio::test]
async fn redis_keeps_what_it_stored_when_it_is_killed() {
    let Some(mut redis) = PrivateRedis::start().await else {
        return;
    };
    assert_eq!(redis.ask(&["SET", "a", "1"]).await.unwrap(), "+OK\r\n");
    redis.kill9();
    assert!(redis.ask(&["GET", "a"]).await.is_err(), "it is gone");
    redis.restart().await;
    assert_eq!(redis.ask(&["GET", "a"]).await.unwrap(), "$1\r\n1\r\n");
    redis.kill9();
    redis.wipe();
    redis.restart().await;
    assert_eq!(redis.ask(&["GET", "a"]).await.unwrap(), "$-1\r\n");
}

#[tokio::test]
async fn two_of_them_do_not_meet() {
    let (Some(one), Some(other)) = tokio::join!(PrivateRedis::start(), PrivateRedis::start())
    else {
        return;
    };
    one.ask(&["SET", "a", "1"]).await.unwrap();
    assert_eq!(other.ask(&["GET", "a"]).await.unwrap(), "$-1\r\n");
}

#[tokio::test]
async fn postgres_keeps_what_it_stored_when_it_is_killed() {
    let Some(mut postgres) = PrivatePostgres::start().await else {
        return;
    };
    postgres.sql("CREATE TABLE t (a int)").await.unwrap();
    postgres.sql("INSERT INTO t VALUES (7)").await.unwrap();
    let (one, other) = (postgres.database().await, postgres.database().await);
    assert_ne!(one, other);
    postgres.kill9();
    assert!(postgres.sql("SELECT 1").await.is_err(), "it is gone");
    postgres.restart().await;
    assert_eq!(postgres.sql("SELECT a FROM t").await.unwrap(), "7");
    assert!(postgres.sql("SELECT nothing").await.is_err());
}

#[tokio::test]
async fn postgres_asks_for_the_password() {
    let Some(postgres) = PrivatePostgres::start().await else {
        return;
    };
    assert!(postgres.url().contains("rumiai:tests@127.0.0.1"));
    let shown = postgres.sql("SHOW password_encryption").await.unwrap();
    assert_eq!(shown, "scram-sha-256");
    let rules = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules";
    assert_eq!(postgres.sql(rules).await.unwrap(), "scram-sha-256");
}
